import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodecError } from '../../../../shared/codecs/codec-error.ts';
import { ac3Configuration } from '../../../../gateway/protocols/mp4/ac3-configuration.ts';

/** Bytes of a string of binary digits; spaces part the fields. */
function bits(text: string): Uint8Array {
  const digits = text.replaceAll(' ', '');
  assert.equal(digits.length % 8, 0);
  return Uint8Array.from(digits.match(/.{8}/g)!, (byte) => parseInt(byte, 2));
}

const SYNC = '0000101101110111';

test('AC-3: 48 kHz, 5.1, 384 kbit/s', () => {
  // crc1; fscod 0, frmsizecod 28, bsid 8, bsmod 0, acmod 7, cmixlev, surmixlev, lfeon
  const frame = bits(`${SYNC} 0000000000000000 00 011100 01000 000 111 00 00 1 00000000`);
  // fscod, bsid, bsmod, acmod, lfeon, bit_rate_code 14, reserved
  assert.deepEqual(ac3Configuration(frame), bits('00 01000 000 111 1 01110 00000'));
});

test('E-AC-3: 44.1 kHz, stereo', () => {
  // strmtyp, substreamid, frmsiz 334 (670 bytes), fscod 1, numblkscod 3, acmod 2, lfeon, bsid 16
  const frame = bits(`${SYNC} 00 000 00101001110 01 11 010 0 10000 000 00000000 00000000`);
  // 670 × 8 bits in 1536 samples at 44.1 kHz are 154 kbit/s; one independent substream
  const expected = '0000010011010 000' + '01 10000 0 0 000 010 0 000 0000 0';
  assert.deepEqual(ac3Configuration(frame), bits(expected));
});

test('what is no frame is a CodecError', () => {
  assert.throws(() => ac3Configuration(new Uint8Array(20)), CodecError);
});
