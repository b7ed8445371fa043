import assert from 'node:assert/strict';
import { test } from 'node:test';
import { burstTimes } from '../../../../gateway/servers/webrtc/burst-times.ts';
import type { Frame } from '../../../../gateway/servers/webrtc/frame.ts';

const frames = (...timestamps: number[]): Frame[] =>
  timestamps.map((timestamp) => ({ timestamp }) as Frame);

test('times end with the newest frame’s own', () => {
  assert.deepEqual(burstTimes(frames(0, 3600, 7200), -Infinity), [7110, 7155, 7200]);
  assert.deepEqual(burstTimes([], 5), []);
});

test('times rise above what was sent before, closer together where there is little room', () => {
  assert.deepEqual(burstTimes(frames(0, 3600, 7200), 7197), [7198, 7199, 7200]);
  assert.deepEqual(burstTimes(frames(0, 3600, 7200), 7200), [7201, 7202, 7203]);
});
