/** Everything that reads what a peer sends, given anything: it answers or refuses, no more. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { encodeAmf0 } from '../../gateway/protocols/amf/amf0.ts';
import { AmfError } from '../../gateway/protocols/amf/errors.ts';
import type { AmfValue } from '../../gateway/protocols/amf/value.ts';
import { splitAggregate } from '../../gateway/protocols/rtmp/aggregate.ts';
import { decodeCommand, encodeCommand } from '../../gateway/protocols/rtmp/command.ts';
import { parseControl } from '../../gateway/protocols/rtmp/control.ts';
import { decodeData } from '../../gateway/protocols/rtmp/data.ts';
import { RtmpError } from '../../gateway/protocols/rtmp/errors.ts';
import { ClientHandshake, ServerHandshake } from '../../gateway/protocols/rtmp/handshake.ts';
import { MessageType } from '../../gateway/protocols/rtmp/message.ts';
import { parseConnect, parseRtmpUrl, parseStreamName } from '../../gateway/protocols/rtmp/url.ts';

const settings = { seed: 20260103, numRuns: 3000 };
const bytes = fc.uint8Array({ maxLength: 120 }).map((each) => Buffer.from(each));
const type = fc.constantFrom(...Object.values(MessageType), 0, 255);

/** Whether `run` answered; false when it refused. Any other error comes through. */
function answers(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof RtmpError || error instanceof AmfError) return false;
    throw error;
  }
}

suite('messages with any content', () => {
  test('control, command, data and aggregate messages', () => {
    fc.assert(
      fc.property(type, bytes, (messageType, payload) => {
        const message = { type: messageType, payload };
        answers(() => parseControl(message));
        answers(() => decodeCommand(message));
        answers(() => decodeData(message));
        answers(() =>
          splitAggregate({ ...message, streamId: 1, timestamp: 0xfffffff0, chunkStreamId: 6 }),
        );
      }),
      settings,
    );
  });

  test('commands that are changed a little', () => {
    const simple: fc.Arbitrary<AmfValue> = fc.oneof(
      fc.string(),
      fc.double(),
      fc.constant(null),
      fc.dictionary(fc.string(), fc.string()),
      fc.array(fc.boolean()),
    );
    const encoding = fc.constantFrom<0 | 3>(0, 3);
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(
        fc.array(simple, { maxLength: 4 }),
        encoding,
        fc.array(change, { maxLength: 3 }),
        (args, objectEncoding, changes) => {
          const command = { name: 'call', transactionId: 1, object: null, args };
          let message;
          try {
            message = encodeCommand(command, objectEncoding);
          } catch (error) {
            // A property without a name does not exist in AMF3.
            assert.ok(error instanceof AmfError && error.code === 'AMF_UNSUPPORTED');
            return;
          }
          assert.equal(decodeCommand(message).args.length, args.length);
          for (const [at, byte] of changes) message.payload[at % message.payload.length] = byte;
          answers(() => decodeCommand(message));
        },
      ),
      { ...settings, numRuns: 1000 },
    );
  });

  test('data messages: the body for players decodes to the same name', () => {
    const wrapped = fc.option(fc.constantFrom('@setDataFrame', '@clearDataFrame'));
    fc.assert(
      fc.property(wrapped, fc.string(), fc.integer(), (wrapper, name, value) => {
        fc.pre(!name.startsWith('@'));
        const values = wrapper === null ? [name, value] : [wrapper, name, value];
        const payload = encodeAmf0(...values);
        const data = decodeData({ type: MessageType.dataAmf0, payload });
        const again = decodeData({ type: MessageType.dataAmf0, payload: data.body });
        assert.deepEqual([again.name, again.values], [data.name, data.values]);
        assert.equal(again.frame, 'none');
      }),
      settings,
    );
  });
});

suite('addresses of any form', () => {
  const fragment = fc.constantFrom(
    ...[
      'rtmp://',
      '[',
      ']',
      ':',
      '/',
      '?',
      '&',
      '=',
      '%',
      '%2f',
      '@',
      '..',
      'live',
      '1935',
      'é',
      '\0',
    ],
  );
  const address = fc.oneof(
    fc.string(),
    fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.array(fragment, { maxLength: 12 }).map((parts) => `rtmp://h/live/${parts.join('')}`),
  );

  test('are parsed or refused; a host that comes out can be connected to by name', () => {
    let parsed = 0;
    fc.assert(
      fc.property(address, (text) => {
        answers(() => parseStreamName(text));
        answers(() => parseConnect(text, text));
        answers(() => {
          const { host, port, app } = parseRtmpUrl(text);
          parsed += 1;
          assert.ok(host !== '' && app !== '' && port >= 1 && port <= 65535);
          assert.ok(!/[/?@\s]/.test(host));
        });
      }),
      settings,
    );
    assert.ok(parsed > 500, `${parsed} of ${settings.numRuns} were addresses`);
  });
});

suite('handshakes of any content', () => {
  test('are done after 3073 bytes, whatever they are, in any splits', () => {
    const random = (count: number): Buffer => Buffer.alloc(count, 7);
    const seedBytes = fc.uint8Array({ minLength: 8, maxLength: 64 });
    const sizes = fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(seedBytes, sizes, fc.boolean(), (pattern, splits, isServer) => {
        const end = isServer ? new ServerHandshake(random) : new ClientHandshake(random);
        const input = Buffer.alloc(3073 + 5);
        for (let i = 0; i < input.length; i += 1) input[i] = pattern[(i * i) % pattern.length] ?? 0;
        input[0] = 3;
        let sent = 0;
        let at = 0;
        for (let i = 0; ; i += 1) {
          const next = Math.min(input.length, at + (splits[i % splits.length] ?? 1));
          const step = end.push(input.subarray(at, next));
          at = next;
          sent += step.send?.length ?? 0;
          if (!step.done) {
            assert.ok(at < 3073);
            continue;
          }
          assert.equal(step.rest?.length, at - 3073);
          break;
        }
        assert.equal(sent, isServer ? 3073 : 1536);
      }),
      { ...settings, numRuns: 300 },
    );
  });
});
