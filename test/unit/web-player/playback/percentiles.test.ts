import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Percentiles } from '../../../../web-player/src/playback/percentiles.ts';

test('nothing observed, nothing said', () => {
  assert.equal(new Percentiles(4).at(0.5), undefined);
});

test('only the last observations count', () => {
  const values = new Percentiles(3);
  for (const value of [100, 1, 2, 3]) values.add(value);
  assert.equal(values.count, 3);
  assert.equal(values.at(1), 3);
  assert.equal(values.at(0.5), 2);
  assert.equal(values.at(0), 1);
  values.clear();
  assert.equal(values.at(0.5), undefined);
});

test('at least the share of observations is not above the answer', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer(), { minLength: 1, maxLength: 50 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (observed, share) => {
        const values = new Percentiles(50);
        for (const value of observed) values.add(value);
        const answer = values.at(share) ?? NaN;
        const below = observed.filter((value) => value <= answer).length;
        assert.ok(observed.includes(answer));
        assert.ok(below >= share * observed.length - 1e-9);
      },
    ),
    { seed: 6, numRuns: 200 },
  );
});
