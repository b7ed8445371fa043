import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AudioClock } from '../../../../gateway/protocols/hls/audio-clock.ts';

const LENGTH = (1024 * 1e6) / 44_100;
const toMs = (time: number): number => Math.round(time / 1000) * 1000;

describe('frames one after the other', () => {
  test('come a frame’s length apart, whatever rounding to ms did to them', () => {
    const clock = new AudioClock();
    let last = clock.at(0, LENGTH);
    for (let index = 1; index < 5000; index++) {
      const time = clock.at(toMs(index * LENGTH), LENGTH);
      assert.ok(Math.abs(time - last - LENGTH) < 60, `frame ${index}: ${time - last}`);
      assert.ok(Math.abs(time - index * LENGTH) < 600);
      last = time;
    }
  });

  test('are followed when their clock is slower or faster than they say', () => {
    for (const drift of [0.9995, 1.0005]) {
      const clock = new AudioClock();
      let time = 0;
      const count = 20_000;
      for (let index = 0; index < count; index++) {
        time = clock.at(toMs(index * LENGTH * drift), LENGTH);
      }
      assert.ok(Math.abs(time - (count - 1) * LENGTH * drift) < 2000);
    }
  });
});

test('where a frame is missing, time is taken as it is', () => {
  const clock = new AudioClock();
  clock.at(0, LENGTH);
  assert.equal(clock.at(46_000, LENGTH), 46_000);
});

test('frames of unknown length keep their time', () => {
  const clock = new AudioClock();
  assert.deepEqual(
    [0, 23_000, 47_000].map((time) => clock.at(time, 0)),
    [0, 23_000, 47_000],
  );
});

test('time never goes back', () => {
  const clock = new AudioClock();
  clock.at(100_000, 20_000);
  assert.equal(clock.at(100_000, 20_000), 100_000);
  assert.equal(clock.at(50_000, 20_000), 100_000);
});
