import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  Segmenter,
  type NewSample,
  type Part,
  type SegmentEnd,
  type SegmenterLimits,
} from '../../../../gateway/servers/hls/segmenter.ts';

const LIMITS: SegmenterLimits = {
  segment: 2_000_000,
  part: 1_000_000,
  maxSegment: 30_000_000,
  maxBytes: 1_000_000,
};

/** A segmenter that notes what it does: parts, and segments of the parts before. */
function record(kinds: readonly ('video' | 'audio')[], limits: Partial<SegmenterLimits> = {}) {
  const parts: Part[] = [];
  const segments: (SegmentEnd & { parts: number })[] = [];
  let before = 0;
  const segmenter = new Segmenter(kinds, () => ({ ...LIMITS, ...limits }), {
    part: (part) => parts.push(part),
    segment: (end) => {
      segments.push({ ...end, parts: parts.length - before });
      before = parts.length;
    },
  });
  return { segmenter, parts, segments };
}

const sample = (
  track: number,
  ms: number,
  key: boolean,
  frameTime: number,
  size = 10,
): NewSample => ({
  track,
  dts: ms * 1000,
  pts: ms * 1000,
  key,
  disposable: false,
  frameTime,
  data: new Uint8Array(size),
});
const picture = (ms: number, key = false, size = 10) => sample(0, ms, key, 0, size);
const sound = (ms: number, track = 1) => sample(track, ms, true, 20_000);

/** Pictures each 40 ms up to `to` ms, key frames each `gop` ms. */
function* pictures(to: number, gop: number, from = 0): Generator<NewSample> {
  for (let ms = from; ms < to; ms += 40) yield picture(ms, ms % gop === 0);
}

const times = (segments: readonly SegmentEnd[]) =>
  segments.map(({ start, duration }) => [start / 1000, duration / 1000]);

describe('with video', () => {
  test('segments end at the first key frame at or after their length', () => {
    const { segmenter, segments } = record(['video']);
    for (const each of pictures(8000, 800)) segmenter.push(each);
    assert.deepEqual(times(segments), [
      [0, 2400],
      [2400, 2400],
      [4800, 2400],
    ]);
    assert.ok(segments.every(({ independent }) => independent));
  });

  test('a key frame that is a little early ends one too', () => {
    const { segmenter, segments } = record(['video']);
    for (const ms of [0, 1960, 3900, 5850]) segmenter.push(picture(ms, true));
    // 1960 is early by 40 ms: it counts; 1940 after that does not.
    assert.deepEqual(times(segments), [
      [0, 1960],
      [1960, 3890],
    ]);
  });

  test('a GOP longer than a segment is not cut', () => {
    const { segmenter, segments } = record(['video']);
    for (const each of pictures(20_080, 10_000)) segmenter.push(each);
    assert.deepEqual(times(segments), [
      [0, 10_000],
      [10_000, 10_000],
    ]);
  });

  test('a GOP without end is cut in time, and that segment is not independent', () => {
    const { segmenter, segments } = record(['video'], { maxSegment: 5_000_000 });
    for (const each of pictures(12_000, 1e9)) segmenter.push(each);
    assert.deepEqual(times(segments), [
      [0, 5000],
      [5000, 5000],
    ]);
    assert.deepEqual(
      segments.map(({ independent }) => independent),
      [true, false],
    );
  });

  test('a GOP without measure is cut by its bytes', () => {
    const { segmenter, segments } = record(['video'], { maxBytes: 1000 });
    for (let ms = 0; ms < 1000; ms += 40) segmenter.push(picture(ms, ms === 0, 100));
    assert.deepEqual(times(segments), [
      [0, 400],
      [400, 400],
    ]);
  });

  test('sound does not cut, unless the picture stands still', () => {
    const { segmenter, segments } = record(['video', 'audio']);
    segmenter.push(picture(0, true));
    for (let ms = 0; ms < 8000; ms += 20) segmenter.push(sound(ms));
    assert.deepEqual(times(segments), [[0, 6000]]);
    segmenter.end();
    assert.equal(segments[1]!.independent, false);
  });
});

test('sound alone is cut where its length is nearest', () => {
  const { segmenter, segments } = record(['audio'], { segment: 1_000_000 });
  for (let ms = 0; ms < 2900; ms += 30) segmenter.push(sound(ms, 0));
  assert.deepEqual(times(segments), [
    [0, 990],
    [990, 990],
  ]);
});

describe('durations', () => {
  const durations = (part: Part, track: number) =>
    part.samples.filter((each) => each.track === track).map(({ duration }) => duration / 1000);

  test('reach to the track’s next sample', () => {
    const { segmenter, parts } = record(['video', 'audio']);
    for (const ms of [0, 40, 120]) segmenter.push(picture(ms, ms === 0));
    for (const ms of [0, 20, 60]) segmenter.push(sound(ms));
    segmenter.push(picture(2000, true));
    assert.deepEqual(durations(parts[0]!, 0), [40, 80, 1880]);
    assert.deepEqual(durations(parts[0]!, 1), [20, 40, 20]); // the last as its frame says
  });

  test('of the last sample of all are what the one before took', () => {
    const { segmenter, parts, segments } = record(['video']);
    for (const ms of [0, 30, 60]) segmenter.push(picture(ms, ms === 0));
    segmenter.end();
    assert.deepEqual(durations(parts[0]!, 0), [30, 30, 30]);
    assert.deepEqual(times(segments), [[0, 90]]);
  });

  test('of a lone picture are a twenty-fifth of a second', () => {
    const { segmenter, segments } = record(['video']);
    segmenter.push(picture(0, true));
    segmenter.end();
    assert.deepEqual(times(segments), [[0, 40]]);
  });

  test('are never negative', () => {
    const { segmenter, parts } = record(['video']);
    for (const ms of [100, 100, 90]) segmenter.push(picture(ms, true));
    segmenter.end();
    assert.deepEqual(durations(parts[0]!, 0).slice(0, 2), [0, 0]);
  });
});

describe('parts', () => {
  test('make up a segment; the first one says so', () => {
    const { segmenter, parts, segments } = record(['video']);
    for (const each of pictures(8040, 4000)) segmenter.push(each);
    assert.deepEqual(
      segments.map(({ parts: count }) => count),
      [4, 4],
    );
    assert.deepEqual(
      parts.map(({ first }) => first),
      [true, false, false, false, true, false, false, false],
    );
    const all = parts.flatMap(({ samples }) => samples.map(({ dts }) => dts / 1000));
    assert.deepEqual(
      all,
      Array.from({ length: 200 }, (_, index) => index * 40),
    );
  });

  test('go out with sound alone when the picture stands still', () => {
    const { segmenter, parts } = record(['video', 'audio']);
    segmenter.push(picture(0, true));
    for (let ms = 0; ms <= 2000; ms += 20) segmenter.push(sound(ms));
    assert.equal(parts.length, 1);
  });
});

test('a track can be added until the first part has gone out', () => {
  const { segmenter, parts } = record(['video']);
  segmenter.push(picture(0, true));
  assert.equal(segmenter.started, false);
  segmenter.addTrack('audio');
  segmenter.push(sound(10));
  segmenter.push(picture(1000));
  assert.equal(segmenter.started, true);
  assert.deepEqual(
    parts[0]!.samples.map(({ track }) => track),
    [0, 1],
  );
});

test('ending twice, or with nothing there, does nothing', () => {
  const { segmenter, segments } = record(['video']);
  segmenter.end();
  segmenter.push(picture(0, true));
  segmenter.end();
  segmenter.end();
  assert.equal(segments.length, 1);
});

test('lengths can change on the way', () => {
  let segment = 2_000_000;
  const ends: SegmentEnd[] = [];
  const segmenter = new Segmenter(['video'], () => ({ ...LIMITS, segment }), {
    part: () => {},
    segment: (end) => ends.push(end),
  });
  for (const each of pictures(2040, 1000)) segmenter.push(each);
  segment = 1_000_000;
  for (const each of pictures(4040, 1000, 2040)) segmenter.push(each);
  assert.deepEqual(times(ends), [
    [0, 2000],
    [2000, 1000],
    [3000, 1000],
  ]);
});
