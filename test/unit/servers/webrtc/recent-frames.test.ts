import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Frame } from '../../../../gateway/servers/webrtc/frame.ts';
import { RecentFrames } from '../../../../gateway/servers/webrtc/recent-frames.ts';

const frame = (pts: number, key = false, bytes = 1000): Frame => ({
  kind: 'video',
  payloads: [],
  timestamp: pts,
  disposable: false,
  ...{ pts, key, bytes },
});

test('frames are kept from the last key frame on, and none before the first', () => {
  const recent = new RecentFrames();
  recent.add(frame(0));
  assert.equal(recent.frames.length, 0);
  for (const [pts, key] of [
    [1, true],
    [2, false],
    [3, true],
    [4, false],
  ] as const) {
    recent.add(frame(pts, key));
  }
  assert.deepEqual(
    recent.frames.map(({ pts }) => pts),
    [3, 4],
  );
  recent.forget();
  recent.add(frame(5));
  assert.equal(recent.frames.length, 0);
});

test('a GOP that is too large is given up until the next key frame', () => {
  const recent = new RecentFrames();
  recent.add(frame(0, true, 9e6));
  recent.add(frame(1, false, 9e6));
  recent.add(frame(2, false, 1));
  assert.equal(recent.frames.length, 0);
  recent.add(frame(3, true, 9e6));
  assert.equal(recent.frames.length, 1);
});

test('the rate is measured in stream time, and gaps do not count', () => {
  const recent = new RecentFrames();
  for (let number = 0; number <= 50; number++) recent.add(frame(number * 40_000, number === 0));
  assert.equal(recent.rate, (51 * 1000 * 8) / 2);
  recent.add(frame(60_000_000, true));
  assert.equal(recent.rate, (51 * 1000 * 8) / 2);
});
