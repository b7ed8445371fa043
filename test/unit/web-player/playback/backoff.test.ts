import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffDelay } from '../../../../web-player/src/playback/backoff.ts';

test('the wait grows by half from 0.3 s and ends at 8 s', () => {
  const waits = [0, 1, 2, 3, 9, 50].map((attempt) => backoffDelay(attempt, 1));
  assert.deepEqual(waits, [300, 450, 675, 1013, 8000, 8000]);
});

test('a gateway that was away for some seconds is found soon after', () => {
  let at = 0;
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const wait = backoffDelay(attempt, 1);
    at += wait;
    assert.ok(wait < Math.max(500, at / 2), `${wait} ms at ${at} ms`);
  }
});

test('chance spreads it over its upper half', () => {
  assert.equal(backoffDelay(50, 0), 4000);
  assert.equal(backoffDelay(50, 0.5), 6000);
});
