import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { AmfError } from '../../../../gateway/protocols/amf/errors.ts';
import type { AmfObject } from '../../../../gateway/protocols/amf/value.ts';
import {
  decodeCommand,
  encodeCommand,
  isCommand,
} from '../../../../gateway/protocols/rtmp/command.ts';
import type { Command } from '../../../../gateway/protocols/rtmp/command.ts';
import { RtmpError } from '../../../../gateway/protocols/rtmp/errors.ts';
import { MessageType } from '../../../../gateway/protocols/rtmp/message.ts';
import { hex } from './chunks.ts';

function amfObject(values: AmfObject): AmfObject {
  return Object.assign(Object.create(null) as AmfObject, values);
}

const connect: Command = {
  name: 'connect',
  transactionId: 1,
  object: amfObject({ app: 'live', objectEncoding: 3, list: [1, amfObject({ deep: true })] }),
  args: [amfObject({ extra: 'x' }), 'text', null, 5],
};

suite('commands', () => {
  test('AMF0, byte for byte', () => {
    const { type, payload } = encodeCommand({
      name: 'play',
      transactionId: 4,
      object: null,
      args: ['a', -2],
    });
    assert.equal(type, MessageType.commandAmf0);
    assert.deepEqual(
      payload,
      hex('02 0004 706c6179  00 4010000000000000  05  02 0001 61  00 c000000000000000'),
    );
  });

  test('AMF3: a format byte, simple values as AMF0, others behind the avmplus marker', () => {
    const { type, payload } = encodeCommand(
      { name: 'x', transactionId: 0, object: null, args: ['a', [1]] },
      3,
    );
    assert.equal(type, MessageType.commandAmf3);
    assert.deepEqual(
      payload,
      hex('00  02 0001 78  00 0000000000000000  05  02 0001 61  11 09 03 01 04 01'),
    );
  });

  for (const encoding of [0, 3] as const) {
    test(`objectEncoding ${encoding} comes back`, () => {
      assert.deepEqual(decodeCommand(encodeCommand(connect, encoding)), connect);
    });
  }

  test('AMF3 without the format byte is read too', () => {
    const { payload } = encodeCommand(connect, 3);
    const message = { type: MessageType.commandAmf3, payload: payload.subarray(1) };
    assert.deepEqual(decodeCommand(message), connect);
  });

  test('what is missing behind the name reads as nothing', () => {
    const decode = (payload: string): Command =>
      decodeCommand({ type: MessageType.commandAmf0, payload: hex(payload) });
    const empty = { name: 'x', transactionId: 0, object: null, args: [] };
    assert.deepEqual(decode('02 0001 78'), empty);
    assert.deepEqual(decode('02 0001 78 05'), empty);
    assert.deepEqual(decode('02 0001 78 00 0000000000000000 06'), empty);
  });

  test('a body without a name, or that is not AMF, is refused', () => {
    for (const payload of ['', '05', '00 3ff0000000000000', '0a 00000000']) {
      assert.throws(
        () => decodeCommand({ type: MessageType.commandAmf0, payload: hex(payload) }),
        (error) => error instanceof RtmpError && error.code === 'RTMP_BAD_COMMAND',
      );
    }
    for (const payload of ['02 0007 636f', '02 0001 78 ff', '03']) {
      assert.throws(
        () => decodeCommand({ type: MessageType.commandAmf0, payload: hex(payload) }),
        AmfError,
      );
    }
  });

  test('types are told apart', () => {
    const all = Object.values(MessageType);
    assert.deepEqual(all.filter(isCommand), [17, 20]);
  });
});
