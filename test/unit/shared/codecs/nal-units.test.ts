import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  annexBSize,
  annexBToLengthPrefixed,
  forEachAnnexBUnit,
  forEachNalUnit,
  nalUnitEnd,
  removeEmulationPrevention,
  writeAnnexB,
} from '../../../../shared/codecs/nal-units.ts';
import { hex } from '../../../helpers/hex.ts';

function unitsOf(data: Uint8Array, lengthSize: number): Uint8Array[] {
  const units: Uint8Array[] = [];
  forEachNalUnit(data, lengthSize, (start, end) => units.push(data.subarray(start, end)));
  return units;
}

function annexBUnitsOf(data: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  forEachAnnexBUnit(data, (start, end) => units.push(data.subarray(start, end)));
  return units;
}

test('length-prefixed units with each size of length', () => {
  assert.deepEqual(unitsOf(hex('02 6501 01 41'), 1), [hex('6501'), hex('41')]);
  assert.deepEqual(unitsOf(hex('0002 6501 0001 41'), 2), [hex('6501'), hex('41')]);
  assert.deepEqual(unitsOf(hex('00000002 6501 00000001 41'), 4), [hex('6501'), hex('41')]);
});

test('an empty unit is left out', () => {
  assert.deepEqual(unitsOf(hex('00000000 00000001 41'), 4), [hex('41')]);
  assert.deepEqual(unitsOf(new Uint8Array(0), 4), []);
});

test('a length beyond the data, and a length cut off, are errors', () => {
  assert.throws(() => unitsOf(hex('00000003 6501'), 4), { code: 'CODEC_TRUNCATED' });
  assert.throws(() => unitsOf(hex('00000001 41 0000'), 4), { code: 'CODEC_TRUNCATED' });
  // 0xffffffff must not turn negative and so loop.
  assert.throws(() => nalUnitEnd(hex('ffffffff 41'), 0, 4), { code: 'CODEC_TRUNCATED' });
});

test('start codes of three and four bytes, leading and trailing zeros', () => {
  const stream = hex('0000 00000001 0910 000001 6742 0000 000001 68ce 000000 000001 6588 0000');
  assert.deepEqual(annexBUnitsOf(stream), [hex('0910'), hex('6742'), hex('68ce'), hex('6588')]);
});

test('a stream without start codes has no units; empty units are left out', () => {
  assert.deepEqual(annexBUnitsOf(hex('6588840000')), []);
  assert.deepEqual(annexBUnitsOf(hex('000001 000001 41')), [hex('41')]);
  assert.deepEqual(annexBUnitsOf(hex('000001')), []);
});

test('a byte of 2 or 3 after two zeros is no start code', () => {
  assert.deepEqual(annexBUnitsOf(hex('000001 65 000003 01 000002 05')), [
    hex('65 000003 01 000002 05'),
  ]);
});

test('length-prefixed to Annex B into the middle of a target', () => {
  const data = hex('0002 6588 0000 0001 41');
  assert.equal(annexBSize(data, 2), 11);
  const target = new Uint8Array(14).fill(0xee);
  assert.equal(writeAnnexB(target, 2, data, 2), 13);
  assert.deepEqual(target, hex('eeee 00000001 6588 00000001 41 ee'));
});

test('Annex B to length-prefixed keeps what is asked for', () => {
  const stream = hex('00000001 0910 00000001 6742 000001 6588 01');
  assert.deepEqual(
    annexBToLengthPrefixed(stream),
    hex('00000002 0910 00000002 6742 00000003 658801'),
  );
  assert.deepEqual(
    annexBToLengthPrefixed(stream, (first) => (first & 0x1f) === 5),
    hex('00000003 658801'),
  );
});

test('emulation prevention bytes go, the rest stays', () => {
  assert.deepEqual(
    removeEmulationPrevention(hex('67 000003 00 000003 01')),
    hex('67 0000 00 0000 01'),
  );
  assert.deepEqual(removeEmulationPrevention(hex('000003')), hex('0000'));
  assert.deepEqual(removeEmulationPrevention(hex('000003 000003 03')), hex('0000 0000 03'));
});

test('a unit without emulation prevention is not copied', () => {
  const unit = hex('67640003 0304 000102');
  assert.equal(removeEmulationPrevention(unit), unit);
});
