import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  forEachNalUnit,
  nalUnitEnd,
  removeEmulationPrevention,
} from '../../../../shared/codecs/nal-units.ts';
import { hex } from '../../../helpers/hex.ts';

function unitsOf(data: Uint8Array, lengthSize: number): Uint8Array[] {
  const units: Uint8Array[] = [];
  forEachNalUnit(data, lengthSize, (start, end) => units.push(data.subarray(start, end)));
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
