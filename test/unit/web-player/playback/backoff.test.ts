import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffDelay } from '../../../../web-player/src/playback/backoff.ts';

test('the wait doubles from 0.3 s and ends at 8 s', () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 50].map((attempt) => backoffDelay(attempt, 1));
  assert.deepEqual(waits, [300, 600, 1200, 2400, 4800, 8000, 8000, 8000]);
});

test('chance spreads it over its upper half', () => {
  assert.equal(backoffDelay(3, 0), 1200);
  assert.equal(backoffDelay(3, 0.5), 1800);
});
