import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayClock } from '../../../../web-player/src/playback/clock.ts';

test('nothing is known before the first exchange', () => {
  assert.equal(new GatewayClock().offset, undefined);
  assert.equal(new GatewayClock().uncertainty, undefined);
});

test('the quickest exchange is believed', () => {
  const clock = new GatewayClock();
  clock.add(1000, 6100, 1300); // 300 ms round trip, asymmetric
  clock.add(2000, 7005, 2010); // 10 ms
  clock.add(3000, 8150, 3400);
  assert.equal(clock.offset, 5000);
  assert.equal(clock.uncertainty, 5);
});

test('old exchanges are forgotten, so that a drifting clock is followed', () => {
  const clock = new GatewayClock();
  clock.add(0, 5000, 0);
  for (let i = 1; i <= 8; i += 1) clock.add(i * 1000, i * 1000 + 5105, i * 1000 + 10);
  assert.equal(clock.offset, 5100);
});

test('an answer before its question, by a stepped clock, is no negative round trip', () => {
  const clock = new GatewayClock();
  clock.add(100, 200, 50);
  assert.equal(clock.uncertainty, 0);
});
