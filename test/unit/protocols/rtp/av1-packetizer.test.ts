import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packetizeAv1, splitObus } from '../../../../gateway/protocols/rtp/av1-packetizer.ts';

/** An OBU with a size field. */
const obu = (type: number, bytes: number): Buffer => {
  const body = Buffer.alloc(bytes, type);
  const size = bytes < 128 ? [bytes] : [0x80 | (bytes & 0x7f), bytes >> 7];
  return Buffer.concat([Buffer.from([(type << 3) | 2, ...size]), body]);
};

/** Puts OBU elements together again: Z continues the one before, lengths stand before each. */
const reassemble = (payloads: readonly Uint8Array[]): Buffer[] => {
  const obus: Buffer[] = [];
  for (const payload of payloads) {
    let at = 1;
    let continues = (payload[0]! & 0x80) !== 0;
    assert.equal((payload[0]! >> 4) & 3, 0, 'W is 0');
    while (at < payload.length) {
      let size = payload[at]! & 0x7f;
      if (payload[at++]! >= 0x80) size |= payload[at++]! << 7;
      const part = Buffer.from(payload.subarray(at, at + size));
      at += size;
      if (continues) obus.push(Buffer.concat([obus.pop()!, part]));
      else obus.push(part);
      continues = false;
    }
    assert.equal(at, payload.length);
  }
  return obus;
};

test('temporal delimiters and size fields are taken out', () => {
  const obus = splitObus(Buffer.concat([obu(2, 0), obu(1, 10), obu(6, 300)]));
  assert.equal(obus.length, 2);
  assert.equal(obus[0]![0], 1 << 3);
  assert.equal(obus[1]!.length, 301);
});

test('a large frame is cut and comes together again', () => {
  const unit = Buffer.concat([obu(2, 0), obu(6, 5000)]);
  const payloads = packetizeAv1(unit, false, Buffer.alloc(0), 1000);
  assert.equal(payloads.length, 6);
  for (const payload of payloads) assert.ok(payload.length <= 1000);
  assert.deepEqual(
    payloads.map((payload) => payload[0]! & 0xc8),
    [0x40, 0xc0, 0xc0, 0xc0, 0xc0, 0x80],
  );
  assert.deepEqual(reassemble(payloads), [
    Buffer.concat([Buffer.from([48]), Buffer.alloc(5000, 6)]),
  ]);
});

test('a key frame starts a sequence, with the configuration’s header if it has none', () => {
  const payloads = packetizeAv1(obu(6, 50), true, obu(1, 11), 1000);
  assert.equal(payloads[0]![0]! & 0x08, 0x08);
  assert.deepEqual(
    reassemble(payloads).map((one) => one[0]! >> 3),
    [1, 6],
  );
  const own = packetizeAv1(Buffer.concat([obu(1, 5), obu(6, 50)]), true, obu(1, 11), 1000);
  assert.deepEqual(
    reassemble(own).map((one) => one.length),
    [6, 51],
  );
});

test('a size beyond the end stops the reading', () => {
  assert.deepEqual(splitObus(Buffer.from([(6 << 3) | 2, 50, 1, 2])), []);
});
