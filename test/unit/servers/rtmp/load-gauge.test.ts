import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { LoadGauge } from '../../../../gateway/servers/rtmp/load-gauge.ts';

suite('load gauge', () => {
  /** The levels that a run of loads gives, asked five times in each 200 ms. */
  function levels(loads: readonly number[], most = 3): number[] {
    let now = 0;
    const left = [...loads];
    const gauge = new LoadGauge(
      most,
      () => left.shift() ?? 0,
      () => now,
    );
    return loads.map(() => {
      const level = gauge.level(0.8);
      for (let ask = 0; ask < 4; ask++) assert.equal(gauge.level(0.8), level);
      now += 200;
      return level;
    });
  }

  test('goes up step by step while the process is busy', () => {
    assert.deepEqual(levels([0.9, 0.95, 0.99, 1, 0.85]), [1, 2, 3, 3, 3]);
  });

  test('goes down a step for each second in which there was just time', () => {
    const calm = (level: number): number[] => Array<number>(5).fill(level);
    assert.deepEqual(levels([0.9, 0.9, ...Array<number>(11).fill(0.7)]), [
      1,
      ...calm(2),
      ...calm(1),
      0,
      0,
    ]);
  });

  test('goes down at once after a burst', () => {
    assert.deepEqual(levels([1, 1, 1, 0.5, 0.4, 0.3, 0.3]), [1, 2, 3, 2, 1, 0, 0]);
  });

  test('a process with time to spare gathers nothing', () => {
    assert.deepEqual(levels([0, 0.3, 0.6, 0.75, 0.8]), [0, 0, 0, 0, 0]);
  });
});
