import assert from 'node:assert/strict';
import { test } from 'node:test';
import { avcSliceType, inspectAvcAccessUnit } from '../../../../shared/codecs/avc-slice.ts';
import { hex } from '../../../helpers/hex.ts';
import { AVC_UNITS } from './samples.ts';

test('access units of x264', () => {
  assert.deepEqual(inspectAvcAccessUnit(AVC_UNITS.idr, 4), {
    idr: true,
    reference: true,
    sliceType: 'I',
  });
  assert.deepEqual(inspectAvcAccessUnit(AVC_UNITS.p, 4), {
    idr: false,
    reference: true,
    sliceType: 'P',
  });
  assert.deepEqual(inspectAvcAccessUnit(AVC_UNITS.referenceB, 4), {
    idr: false,
    reference: true,
    sliceType: 'B',
  });
  assert.deepEqual(inspectAvcAccessUnit(AVC_UNITS.disposableB, 4), {
    idr: false,
    reference: false,
    sliceType: 'B',
  });
});

test('delimiter, parameter sets and SEI before the slice are passed over', () => {
  const unit = hex('0002 0910 0002 6742 0001 06 0007 419a236c7f9780');
  assert.equal(inspectAvcAccessUnit(unit, 2)?.sliceType, 'P');
});

test('an access unit without a slice is undefined', () => {
  assert.equal(inspectAvcAccessUnit(hex('00000002 0910 00000000'), 4), undefined);
  assert.equal(inspectAvcAccessUnit(new Uint8Array(0), 4), undefined);
});

test('a broken access unit is an error', () => {
  assert.throws(() => inspectAvcAccessUnit(hex('00000009 419a'), 4), { code: 'CODEC_TRUNCATED' });
  assert.throws(() => inspectAvcAccessUnit(hex('00000001 41'), 4), { code: 'CODEC_TRUNCATED' });
});

test('the slice type after a first macroblock with emulation prevention in its number', () => {
  // first_mb_in_slice 2^17 - 1 is 17 zeros, a one, 17 zeros: 00 00 | 01 becomes 00 00 03 …
  const bits = `${'0'.repeat(17)}1${'0'.repeat(17)}` + '011' + '1'; // slice_type ue 2: I
  const bytes = (bits.padEnd(40, '1').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
  assert.deepEqual(bytes.slice(0, 2), [0, 0]);
  const unit = Uint8Array.from([0x41, 0, 0, 3, ...bytes.slice(2)]);
  assert.equal(avcSliceType(unit), 'I');
});

test('a slice type above 9 is refused', () => {
  // first_mb 0 (1), slice_type ue 10 (0001011)
  assert.throws(() => avcSliceType(hex('41 8b')), { code: 'CODEC_INVALID' });
});
