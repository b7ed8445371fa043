import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateMeter } from '../../../gateway/ops/rate-meter.ts';

/** Shows the meter a counter that grows by `rate` a second, once a second. */
function run(meter: RateMeter, from: number, to: number, total: number, rate: number): number {
  for (let second = from; second <= to; second++) {
    meter.sample(second * 1000, total + (second - from) * rate);
  }
  return total + (to - from) * rate;
}

test('a steady counter', () => {
  const meter = new RateMeter();
  const total = run(meter, 0, 60, 0, 250);
  assert.equal(meter.perSecond(60_000, total), 250);
});

test('only the window counts: a change is seen whole after its length', () => {
  const meter = new RateMeter(5000, 5);
  let total = run(meter, 0, 60, 0, 1000);
  total = run(meter, 61, 66, total, 0);
  assert.equal(meter.perSecond(66_000, total), 0);
  total = run(meter, 67, 72, total, 10);
  assert.equal(meter.perSecond(72_000, total), 10);
});

test('half a window after a stop, half the rate', () => {
  const meter = new RateMeter(4000, 4);
  const total = run(meter, 0, 10, 0, 100);
  run(meter, 11, 12, total, 0);
  assert.equal(meter.perSecond(12_000, total), 50);
});

test('a burst at the start is no peak', () => {
  const meter = new RateMeter();
  meter.sample(0, 0);
  assert.equal(meter.perSecond(1, 100_000), 100_000);
  assert.equal(meter.perSecond(2000, 100_000), 50_000);
});

test('nothing sampled, or a counter that was reset: 0', () => {
  const meter = new RateMeter();
  assert.equal(meter.perSecond(1000, 5), 0);
  meter.sample(0, 500);
  assert.equal(meter.perSecond(1000, 5), 0);
});

test('frequent samples do not shorten the window', () => {
  const meter = new RateMeter(5000, 5);
  let total = 0;
  for (let ms = 0; ms <= 20_000; ms += 10) meter.sample(ms, (total += 1));
  assert.ok(Math.abs(meter.perSecond(20_000, total) - 100) < 1);
});
