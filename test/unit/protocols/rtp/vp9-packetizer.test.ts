import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packetizeVp9 } from '../../../../gateway/protocols/rtp/vp9-packetizer.ts';

test('a frame is cut evenly, begin and end marked, the picture numbered', () => {
  const frame = Buffer.from(Array.from({ length: 2500 }, (_, index) => index & 0xff));
  const payloads = packetizeVp9(frame, false, 0x1234, 1000);
  assert.equal(payloads.length, 3);
  assert.deepEqual(
    payloads.map((payload) => payload[0]),
    [0x80 | 0x40 | 0x08, 0x80 | 0x40, 0x80 | 0x40 | 0x04],
  );
  for (const payload of payloads) {
    assert.deepEqual([...payload.subarray(1, 3)], [0x80 | 0x12, 0x34]);
    assert.ok(payload.length <= 1000);
  }
  assert.deepEqual(Buffer.concat(payloads.map((payload) => payload.subarray(3))), frame);
});

test('a key frame is not inter-predicted', () => {
  const [only] = packetizeVp9(Buffer.alloc(10), true, 1, 1000);
  assert.equal(only![0], 0x80 | 0x08 | 0x04);
});
