import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlayoutDelay } from '../../../../gateway/servers/webrtc/playout-delay.ts';

const steady = { jitterMs: 1, cleanForMs: Infinity };
const uneven = { jitterMs: 12, cleanForMs: 100 };

test('nothing is held on a steady way; the first frames and key frames say so', () => {
  const playout = new PlayoutDelay();
  for (let frame = 0; frame < 49; frame++) assert.equal(playout.next(false, steady, frame), 0);
  assert.equal(playout.next(false, steady, 50), -1);
  assert.equal(playout.next(true, steady, 51), 0);
});

test('up at once, down a second after it was last needed', () => {
  const playout = new PlayoutDelay();
  assert.equal(playout.next(false, uneven, 0), 20);
  assert.equal(playout.next(false, steady, 500), 20);
  assert.equal(playout.next(false, uneven, 900), 20);
  assert.equal(playout.next(false, steady, 1_800), 20);
  assert.equal(playout.next(false, steady, 1_901), 0);
});

test('a loss on an otherwise steady way holds a little; nothing holds without bound', () => {
  const playout = new PlayoutDelay();
  assert.equal(playout.next(false, { jitterMs: 0, cleanForMs: 10 }, 0), 10);
  assert.equal(playout.next(false, { jitterMs: 5_000, cleanForMs: 10 }, 1), 400);
});
