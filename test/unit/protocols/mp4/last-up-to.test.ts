import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastUpTo } from '../../../../gateway/protocols/mp4/last-up-to.ts';

void test('finds the last value that is not above', () => {
  const values = [0, 4, 4, 9];
  assert.deepEqual(
    [-1, 0, 3, 4, 8, 9, 99].map((value) => lastUpTo(values, value)),
    [0, 0, 0, 2, 2, 3, 3],
  );
  assert.equal(lastUpTo([], 5), 0);
});
