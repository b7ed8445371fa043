import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReplayWindow } from '../../../../gateway/protocols/srtp/replay-window.ts';

test('each index is fresh once, within the window', () => {
  const window = new ReplayWindow(8);
  for (const index of [0, 3, 1, 7, 6]) {
    assert.equal(window.isFresh(index), true);
    window.accept(index);
    assert.equal(window.isFresh(index), false);
  }
  assert.equal(window.isFresh(2), true);
  window.accept(10);
  assert.equal(window.isFresh(2), false, 'eight behind is too old');
  assert.equal(window.isFresh(3), false, 'seen before');
  assert.equal(window.isFresh(4), true);
  assert.equal(window.isFresh(8), true);
});

test('a jump larger than the window forgets everything', () => {
  const window = new ReplayWindow(8);
  for (let index = 0; index < 8; index++) window.accept(index);
  window.accept(100);
  for (let index = 93; index < 100; index++) assert.equal(window.isFresh(index), true);
  assert.equal(window.isFresh(92), false);
  assert.equal(window.highest, 100);
});
