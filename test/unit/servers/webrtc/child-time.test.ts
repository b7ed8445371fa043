import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChildTime } from '../../../../gateway/servers/webrtc/child-time.ts';

const STEP = 20_000;

test('without pauses a child’s time is the stream’s, from the first packet on', () => {
  const time = new ChildTime();
  assert.equal(time.hasBegun, false);
  assert.deepEqual(
    [0, 1, 2, 3].map((packet) => time.toChild(7_000_000 + packet * STEP)),
    [0, STEP, 2 * STEP, 3 * STEP],
  );
  assert.equal(time.now(), 3 * STEP);
  assert.equal(time.toStream(-2_500), 6_997_500);
  assert.equal(time.toStream(STEP), 7_000_000 + STEP);
});

test('a short gap is the child’s to fill', () => {
  const time = new ChildTime();
  time.toChild(0);
  assert.equal(time.toChild(400_000), 400_000);
  assert.equal(time.toStream(390_000), 390_000);
});

test('a child hears nothing of a pause; what lay in it comes too late, what follows has its time', () => {
  const time = new ChildTime();
  time.toChild(0);
  time.toChild(STEP);
  assert.equal(time.toStream(0), 0);
  assert.equal(time.toChild(9_000_000), 2 * STEP);
  assert.equal(time.toChild(9_000_000 + STEP), 3 * STEP);
  assert.equal(time.toStream(STEP), undefined);
  assert.equal(time.toStream(2 * STEP), 9_000_000);
  assert.equal(time.toStream(3 * STEP), 9_000_000 + STEP);
});

test('of two pauses in a row the sound after the last one has its time', () => {
  const time = new ChildTime();
  time.toChild(0);
  time.toChild(STEP);
  time.toChild(1_000_000);
  time.toChild(2_000_000);
  assert.equal(time.toStream(2 * STEP), undefined);
  assert.equal(time.toStream(3 * STEP), 2_000_000);
});

test('another child begins anew', () => {
  const time = new ChildTime();
  time.toChild(0);
  time.reset();
  assert.equal(time.hasBegun, false);
  assert.equal(time.toChild(5_000_000), 0);
  assert.equal(time.toStream(0), 5_000_000);
});
