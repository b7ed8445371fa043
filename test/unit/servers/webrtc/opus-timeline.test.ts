import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stream } from '../../../../gateway/live/stream.ts';
import { OpusTimeline } from '../../../../gateway/servers/webrtc/opus-timeline.ts';

const create = () => {
  const stream = new Stream('camera', () => ({ frames: 1, bytes: 1, duration: 1 }));
  stream.begin(0);
  return new OpusTimeline(stream);
};

test('packets follow each other to the sample, though stream time is whole ms', () => {
  const timeline = create();
  const times = [0, 1, 2, 3].map((number) => timeline.map(number * 120, Math.round(number * 2.5)));
  assert.deepEqual(times, [0, 2_500, 5_000, 7_500]);
});

test('a clock that was mended is followed', () => {
  const timeline = create();
  timeline.map(0, 0);
  assert.equal(timeline.map(960, 20), 20_000);
  assert.equal(timeline.map(1920, 90), 90_000);
  assert.equal(timeline.map(2880, 110), 110_000);
});
