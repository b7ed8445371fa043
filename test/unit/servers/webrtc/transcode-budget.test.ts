import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TranscodeBudget } from '../../../../gateway/servers/webrtc/transcode-budget.ts';

test('places are given until there are none, and again when one is free', () => {
  let limit = 2;
  const budget = new TranscodeBudget(() => limit);
  const [a, b, c] = [{}, {}, {}];
  assert.equal(budget.take(a), true);
  assert.equal(budget.take(b), true);
  assert.equal(budget.take(c), false);
  assert.equal(budget.take(a), true, 'who has one keeps it');
  assert.equal(budget.used, 2);
  budget.give(a);
  budget.give(a);
  assert.equal(budget.used, 1);
  limit = 1;
  assert.equal(budget.take(c), false, 'the limit is asked each time');
});
