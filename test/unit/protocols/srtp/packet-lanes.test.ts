import assert from 'node:assert/strict';
import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import {
  applyKeyStream,
  counterBlocks,
  countOn,
  hasVectors,
  LANE_COUNT,
  packetLanes,
  prepareLaneKey,
  signLanes,
} from '../../../../gateway/protocols/srtp/packet-lanes.ts';

/** Writes packets of these lengths, signs them, and compares with what node:crypto makes. */
const check = (lengths: readonly number[]): void => {
  const keys = lengths.map(() => randomBytes(20));
  const packets = lengths.map((length) => randomBytes(length));
  const laneKeys = keys.map((key) => prepareLaneKey(createSecretKey(key)));
  for (const [lane, packet] of packets.entries()) packet.copy(packetLanes[lane]!);
  signLanes(laneKeys, lengths, lengths.length);
  for (const [lane, packet] of packets.entries()) {
    const end = packet.length - 10;
    // The first four bytes of the tag's place held the roll-over counter.
    const mac = createHmac('sha1', keys[lane]!)
      .update(packet.subarray(0, end + 4))
      .digest();
    mac.copy(packet, end, 0, 10);
    assert.deepEqual(packetLanes[lane]!.subarray(0, packet.length), packet, `${lengths.join(' ')}`);
  }
};

test('processors of today have the vectors', () => {
  assert.equal(hasVectors, !process.execArgv.includes('--no-enable-sse4-1'));
});

test('every length has the tag that HMAC-SHA1 gives', () => {
  for (let length = 22; length <= 1330; length++) check([length, 22, 22, length]);
});

test('packets of different lengths and keys are signed beside each other', () => {
  check([1200, 1199, 1198, 1197]);
  check([22, 1330, 64, 700]);
  check([1330, 22, 22]);
  check([1330]);
  check([100, 1000]);
});

test('a lane that is not signed stays as it is', () => {
  const last = packetLanes[LANE_COUNT - 1]!;
  last.fill(5);
  check([500, 600, 700]);
  assert.deepEqual(last, Buffer.alloc(last.length, 5));
});

test('a key that comes while packets wait leaves them as they are', () => {
  for (const lane of packetLanes) lane.fill(9);
  prepareLaneKey(createSecretKey(randomBytes(20)));
  for (const lane of packetLanes) assert.deepEqual(lane, Buffer.alloc(lane.length, 9));
});

test('a key stream is XORed onto the bytes that are named', () => {
  const [stream, packet] = [randomBytes(1400), randomBytes(1300)];
  for (const [from, length, at] of [
    [12, 1, 0],
    [20, 16, 3],
    [28, 1184, 100],
    [13, 1000, 399],
  ] as const) {
    const lane = packetLanes[2]!;
    packet.copy(lane);
    applyKeyStream(2, from, length, stream, at);
    const wanted = Buffer.from(packet);
    for (let byte = 0; byte < length; byte++) wanted[from + byte]! ^= stream[at + byte]!;
    assert.deepEqual(lane.subarray(0, from + length), wanted.subarray(0, from + length));
  }
});

test('counter blocks count on in their last byte', () => {
  const first = randomBytes(16).fill(0, 14);
  first.copy(counterBlocks, 32);
  countOn(32, 32 + 74 * 16);
  for (let block = 0; block < 74; block++) {
    const wanted = Buffer.from(first);
    wanted[15] = block;
    assert.deepEqual(counterBlocks.subarray(32 + block * 16, 48 + block * 16), wanted);
  }
});

test('a key stream that is longer than its counter is not made', () => {
  assert.throws(() => countOn(0, 257 * 16), /^RangeError: A key stream of 4112 bytes/);
  countOn(0, 256 * 16);
});
