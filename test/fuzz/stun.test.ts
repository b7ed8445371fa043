import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judgeBinding } from '../../gateway/protocols/stun/binding.ts';
import { FrameReader } from '../../gateway/protocols/stun/framing.ts';
import {
  buildStun,
  integrityMatches,
  MAGIC_COOKIE,
  parseStun,
  stunTypes,
} from '../../gateway/protocols/stun/message.ts';
import { frameHeader } from '../helpers/stun.ts';

const run = { seed: 5, numRuns: 500 };
const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

test('no bytes make the parser throw, with a right header or without', () => {
  fc.assert(
    fc.property(bytes(200), fc.boolean(), (body, withHeader) => {
      const packet = withHeader ? Buffer.concat([Buffer.alloc(20), body]) : body;
      if (withHeader) {
        packet.writeUInt16BE(1, 0);
        packet.writeUInt16BE(body.length, 2);
        packet.writeUInt32BE(MAGIC_COOKIE, 4);
      }
      const message = parseStun(packet);
      if (message === undefined) return;
      const verdict = judgeBinding(packet, message, 'secret', { address: '::1', port: 1 });
      assert.equal(verdict.kind, 'ignored');
    }),
    run,
  );
});

test('whatever is written reads back authentic', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 40 }),
      fc.string({ minLength: 1, maxLength: 40 }),
      fc.uint8Array({ minLength: 12, maxLength: 12 }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (username, password, transactionId, controlling) => {
        const packet = buildStun({
          type: stunTypes.bindingRequest,
          transactionId,
          username,
          controlling,
          password,
        });
        const message = parseStun(packet);
        assert.ok(message);
        assert.equal(message.username, Buffer.from(username).toString());
        assert.equal(message.controlling, controlling);
        assert.equal(integrityMatches(packet, message, password), true);
      },
    ),
    run,
  );
});

test('frames survive any cut of the TCP stream', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 10 }),
      fc.integer({ min: 1, max: 60 }),
      (frames, step) => {
        const stream = Buffer.concat(frames.flatMap((f) => [frameHeader(f.length), f]));
        const got: Uint8Array[] = [];
        const reader = new FrameReader((frame) => got.push(new Uint8Array(frame)));
        for (let at = 0; at < stream.length; at += step)
          reader.push(stream.subarray(at, at + step));
        assert.deepEqual(got, frames);
      },
    ),
    run,
  );
});
