import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packetize, TS_PACKET_SIZE } from '../../../../gateway/protocols/mpegts/ts-packet.ts';

const bytes = (size: number): Buffer =>
  Buffer.from(Array.from({ length: size }, (_, i) => i & 0xff));

/** The payload of packets, by their adaptation field lengths alone. */
function payloadOf(packets: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < packets.length; at += TS_PACKET_SIZE) {
    const field = packets[at + 3]! & 0x20 ? 1 + packets[at + 4]! : 0;
    parts.push(packets.subarray(at + 4 + field, at + TS_PACKET_SIZE));
  }
  return Buffer.concat(parts);
}

test('a unit of any size comes back whole, in whole packets', () => {
  for (let size = 1; size <= 600; size++) {
    for (const field of [{}, { randomAccess: true }, { pcr: 1 }, { pcr: 1, randomAccess: true }]) {
      const unit = bytes(size);
      const packets = packetize({ pid: 0x100, continuity: 0, pieces: [unit], ...field });
      assert.equal(packets.length % TS_PACKET_SIZE, 0);
      assert.deepEqual(payloadOf(packets), unit);
    }
  }
});

test('the first packet begins a unit, the others go on with it, counters run round', () => {
  const packets = packetize({ pid: 0x1234, continuity: 14, pieces: [bytes(184 * 3)] });
  assert.equal(packets.length, 3 * TS_PACKET_SIZE);
  const headers = [0, 1, 2].map((i) => packets.toString('hex', i * 188, i * 188 + 4));
  assert.deepEqual(headers, ['4752341e', '4712341f', '47123410']);
});

test('183 bytes leave room for an adaptation field of length 0 and nothing else', () => {
  const packets = packetize({ pid: 1, continuity: 0, pieces: [bytes(183)] });
  assert.equal(packets.length, TS_PACKET_SIZE);
  assert.equal(packets.toString('hex', 3, 6), '300000'); // control, length 0, the first byte
});

test('random access and clock stand in the first packet, stuffing behind them', () => {
  const pcr = 2 ** 32 + 5; // needs the 33rd bit
  const packets = packetize({
    pid: 1,
    continuity: 0,
    pieces: [bytes(170)],
    pcr,
    randomAccess: true,
  });
  assert.equal(packets.length, TS_PACKET_SIZE);
  assert.equal(packets[4], 183 - 170);
  assert.equal(packets[5], 0x50);
  assert.equal(packets.readUInt32BE(6) * 2 + (packets[10]! >> 7), pcr);
  assert.equal(packets[10]! & 0x7e, 0x7e);
  assert.equal(packets[11], 0);
  assert.ok(packets.subarray(12, 18).every((byte) => byte === 0xff));
});

test('pieces are put together across packets, empty ones too', () => {
  const unit = bytes(500);
  const pieces = [
    unit.subarray(0, 3),
    unit.subarray(3, 3),
    unit.subarray(3, 184),
    unit.subarray(184, 499),
    unit.subarray(499),
  ];
  assert.deepEqual(payloadOf(packetize({ pid: 1, continuity: 0, pieces })), unit);
});
