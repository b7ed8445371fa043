import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import { gcmCipher } from '../../../../gateway/protocols/srtp/gcm.ts';
import { packetLanes } from '../../../../gateway/protocols/srtp/packet-lanes.ts';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

// RFC 7714, 16.1.1: the session key and salt are given, so that no derivation is in the way.
const key = createSecretKey(hex('000102030405060708090a0b0c0d0e0f'));
const keys = { encryption: key, authentication: key, salt: Buffer.from('Quid pro quo') };
const header = hex('8040f17b 8041f8d3 5501a0b2');
const payload = Buffer.from('Gallia est omnis divisa in partes tres');
const expected = hex(`8040f17b 8041f8d3 5501a0b2
  f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b
  36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce`);

test('an RTP packet is encrypted as in RFC 7714, 16.1.1', () => {
  const cipher = gcmCipher(keys, keys);
  const lane = packetLanes[1]!;
  header.copy(lane);
  const length = cipher.encryptRtp(1, 12, payload, 0x5501a0b2, 0, 0xf17b);
  assert.deepEqual(lane.subarray(0, length), expected);
});

test('an RTP packet is opened again, and not when one bit differs', () => {
  const cipher = gcmCipher(keys, keys);
  assert.deepEqual(cipher.unprotectRtp(expected, 12, 0x5501a0b2, 0, 0xf17b), payload);
  for (const at of [0, 12, 30, expected.length - 1]) {
    const bad = Buffer.from(expected);
    bad[at] = bad[at]! ^ 1;
    assert.equal(cipher.unprotectRtp(bad, 12, 0x5501a0b2, 0, 0xf17b), undefined);
  }
});

test('RTCP round trip: the index is carried, tampering is noticed', () => {
  const cipher = gcmCipher(keys, keys);
  const report = hex('81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61');
  const wire = cipher.protectRtcp(report, 0x4d617273, 0x5d4);
  assert.equal(wire.length, report.length + cipher.rtcpOverhead);
  assert.equal(wire.readUInt32BE(wire.length - 4), 0x800005d4);
  assert.deepEqual(cipher.unprotectRtcp(wire), { index: 0x5d4, packet: report });
  wire[wire.length - 1] = wire[wire.length - 1]! ^ 1;
  assert.equal(cipher.unprotectRtcp(wire), undefined);
});

test('unencrypted SRTCP is refused', () => {
  const cipher = gcmCipher(keys, keys);
  const wire = cipher.protectRtcp(Buffer.alloc(28), 0, 1);
  wire.writeUInt32BE(1, wire.length - 4);
  assert.equal(cipher.unprotectRtcp(wire), undefined);
});
