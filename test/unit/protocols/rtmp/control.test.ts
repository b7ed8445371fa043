import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as control from '../../../../gateway/protocols/rtmp/control.ts';
import type { ControlMessage } from '../../../../gateway/protocols/rtmp/control.ts';
import { RtmpError } from '../../../../gateway/protocols/rtmp/errors.ts';
import { MessageType } from '../../../../gateway/protocols/rtmp/message.ts';
import type { RtmpMessage } from '../../../../gateway/protocols/rtmp/message.ts';
import { hex } from './chunks.ts';

const cases: [message: RtmpMessage, type: number, payload: string, parsed: ControlMessage][] = [
  [control.setChunkSize(4096), 1, '00001000', { kind: 'setChunkSize', size: 4096 }],
  [control.abort(6), 2, '00000006', { kind: 'abort', chunkStreamId: 6 }],
  [
    control.acknowledgement(0x1_2345_6789),
    3,
    '23456789',
    { kind: 'acknowledgement', sequenceNumber: 0x23456789 },
  ],
  [
    control.windowAcknowledgementSize(2_500_000),
    5,
    '002625a0',
    { kind: 'windowAcknowledgementSize', size: 2_500_000 },
  ],
  [
    control.setPeerBandwidth(5_000_000, 'dynamic'),
    6,
    '004c4b40 02',
    { kind: 'setPeerBandwidth', size: 5_000_000, limit: 'dynamic' },
  ],
  [
    control.setPeerBandwidth(1, 'soft'),
    6,
    '00000001 01',
    { kind: 'setPeerBandwidth', size: 1, limit: 'soft' },
  ],
  [control.streamBegin(1), 4, '0000 00000001', { kind: 'streamBegin', streamId: 1 }],
  [control.streamEof(1), 4, '0001 00000001', { kind: 'streamEof', streamId: 1 }],
  [control.streamDry(1), 4, '0002 00000001', { kind: 'streamDry', streamId: 1 }],
  [
    control.setBufferLength(1, 3000),
    4,
    '0003 00000001 00000bb8',
    { kind: 'setBufferLength', streamId: 1, milliseconds: 3000 },
  ],
  [control.streamIsRecorded(1), 4, '0004 00000001', { kind: 'streamIsRecorded', streamId: 1 }],
  [control.pingRequest(-1), 4, '0006 ffffffff', { kind: 'pingRequest', timestamp: 0xffffffff }],
  [control.pingResponse(7), 4, '0007 00000007', { kind: 'pingResponse', timestamp: 7 }],
  [control.bufferEmpty(1), 4, '001f 00000001', { kind: 'bufferEmpty', streamId: 1 }],
  [control.bufferReady(1), 4, '0020 00000001', { kind: 'bufferReady', streamId: 1 }],
];

suite('control messages', () => {
  for (const [message, type, payload, parsed] of cases) {
    test(`${parsed.kind} ${payload}`, () => {
      assert.deepEqual(message, {
        type,
        streamId: 0,
        timestamp: 0,
        chunkStreamId: 2,
        payload: hex(payload),
      });
      assert.ok(control.isControl(type));
      assert.deepEqual(control.parseControl(message), parsed);
    });

    test(`${parsed.kind} cut short is refused, at every byte`, () => {
      // The last byte of Set Peer Bandwidth may be missing.
      const needed = type === 6 ? 4 : message.payload.length;
      for (let length = 0; length < needed; length += 1) {
        assert.throws(
          () => control.parseControl({ type, payload: message.payload.subarray(0, length) }),
          (error) => error instanceof RtmpError && error.code === 'RTMP_BAD_CONTROL',
        );
      }
    });
  }

  test('Set Peer Bandwidth without a limit type, or with an unknown one, is hard', () => {
    for (const payload of ['00000001', '00000001 07']) {
      assert.deepEqual(control.parseControl({ type: 6, payload: hex(payload) }), {
        kind: 'setPeerBandwidth',
        size: 1,
        limit: 'hard',
      });
    }
  });

  test('events that are not known are told by number, whatever follows', () => {
    assert.deepEqual(
      control.parseControl({ type: MessageType.userControl, payload: hex('001a 00') }),
      { kind: 'unknownEvent', event: 26 },
    );
  });

  test('media and commands are no control messages', () => {
    for (const type of [8, 9, 15, 17, 18, 20, 22]) {
      assert.ok(!control.isControl(type));
      assert.throws(() => control.parseControl({ type, payload: Buffer.alloc(9) }), RtmpError);
    }
  });
});
