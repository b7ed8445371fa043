import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinOpus } from '../../../../gateway/protocols/opus/join.ts';
import { opusPacketSamples } from '../../../../shared/codecs/opus.ts';

/** CELT, full band, 10 ms, stereo, one frame. */
const TOC = 0xf4;
const packet = (size: number, fill: number): Buffer =>
  Buffer.concat([Buffer.from([TOC]), Buffer.alloc(size, fill)]);

test('frames of one size: code 1', () => {
  const joined = joinOpus(packet(3, 1), packet(3, 2))!;
  assert.deepEqual([...joined], [TOC | 1, 1, 1, 1, 2, 2, 2]);
  assert.equal(opusPacketSamples(joined), 960);
});

test('frames of two sizes: code 2 with the first one’s size', () => {
  const joined = joinOpus(packet(2, 1), packet(3, 2))!;
  assert.deepEqual([...joined], [TOC | 2, 2, 1, 1, 2, 2, 2]);
  // RFC 6716, 3.2.1: 252 + (n & 3), then the rest in fours.
  for (const size of [251, 252, 255, 256, 1275]) {
    const long = joinOpus(packet(size, 1), packet(1, 2))!;
    const first = long[1]!;
    const read = first < 252 ? first : long[2]! * 4 + first;
    assert.equal(read, size);
    assert.equal(long.length, 1 + (size < 252 ? 1 : 2) + size + 1);
  }
});

test('what is not of one kind, or of one frame each, is not joined', () => {
  assert.equal(joinOpus(packet(3, 1), Buffer.from([0xfc, 1])), undefined);
  assert.equal(joinOpus(Buffer.from([TOC | 1, 1]), Buffer.from([TOC | 1, 1])), undefined);
  assert.equal(joinOpus(Buffer.alloc(0), Buffer.alloc(0)), undefined);
});
