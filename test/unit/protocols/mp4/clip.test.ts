import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findBox } from '../../../../gateway/protocols/mp4/box-reader.ts';
import { clip, wholeFile } from '../../../../gateway/protocols/mp4/clip.ts';
import { readMovie } from '../../../../gateway/protocols/mp4/movie-reader.ts';
import {
  isKey,
  keyBefore,
  presentationTime,
  sampleFrom,
  type Movie,
  type MovieTrack,
} from '../../../../gateway/protocols/mp4/movie.ts';
import type { ProgressiveFile } from '../../../../gateway/protocols/mp4/progressive-writer.ts';
import { finish } from '../../../../gateway/protocols/mp4/work.ts';
import { bytesOf, columnsOf, movieOf } from './movies.ts';

function reread(file: ProgressiveFile): { movie: Movie; bytes: Buffer } {
  const bytes = bytesOf(file);
  assert.equal(bytes.length, file.size, 'the size that is told ahead');
  assert.ok(bytes.indexOf('moov') < bytes.indexOf('mdat'), 'the description comes first');
  return { movie: finish(readMovie(findBox(bytes, 'moov')!, bytes.length)), bytes };
}

/** Where each sample of a track came from, by its bytes. */
function contents({ samples }: MovieTrack, bytes: Buffer): number[] {
  return columnsOf(samples).offsets.map((offset) => bytes[offset]!);
}

const near = (got: number, due: number, what: string): void =>
  assert.ok(Math.abs(got - due) < 30, `${what}: ${got}, not ${due} µs`);

test('a whole movie, written and read again, is the same', () => {
  const source = movieOf({ seconds: 3, reorder: [2, 4, 1], soundAt: 10_000 });
  const { movie, bytes } = reread(finish(wholeFile(source)));
  assert.deepEqual(
    movie.tracks.map(({ kind, timescale }) => [kind, timescale]),
    [
      ['video', 90_000],
      ['audio', 44_100],
    ],
  );
  for (const [at, track] of movie.tracks.entries()) {
    const before = source.tracks[at]!;
    assert.deepEqual(track.entry, before.entry);
    const { offsets, ...columns } = columnsOf(track.samples);
    const { offsets: offsetsBefore, ...columnsBefore } = columnsOf(before.samples);
    assert.equal(offsets.length, offsetsBefore.length);
    assert.deepEqual(columns, columnsBefore);
    assert.deepEqual(
      contents(track, bytes),
      offsetsBefore.map((offset) => offset % 251),
    );
    near(presentationTime(track, 0), presentationTime(before, 0), `the first of ${track.kind}`);
  }
  near(movie.duration, source.duration, 'duration');
});

test('the file begins with its first picture or sound, the other keeps its distance', () => {
  const source = movieOf({ seconds: 2, soundAt: -500_000 });
  const { movie } = reread(finish(wholeFile(source)));
  const [video, audio] = movie.tracks as [MovieTrack, MovieTrack];
  near(presentationTime(audio, 0), 0, 'sound');
  near(presentationTime(video, 0), 500_000, 'picture');
});

test('a part begins at the key frame before, and is shown from the start exactly', () => {
  const source = movieOf({ seconds: 10, gop: 24, reorder: [2, 4, 1] });
  const { movie, bytes } = reread(finish(clip(source, 4_500_000, 7_200_000)));
  const [video, audio] = movie.tracks as [MovieTrack, MovieTrack];
  near(movie.duration, 7_200_000 - 4_500_000 + shownLater(video), 'duration');
  assert.ok(isKey(video, 0));
  // The key frame at 3.84 s lies before the clip's begin: it is decoded, and not shown.
  near(presentationTime(video, 0), -660_000, 'the key frame');
  const [before] = source.tracks as [MovieTrack, MovieTrack];
  assert.equal(contents(video, bytes)[0], before.samples.offset(96) % 251);
  assert.ok(presentationTime(audio, 0) <= 0 && presentationTime(audio, 0) > -80_000);
});

test('a start between two pictures: the one that is to be seen then comes first', () => {
  const source = movieOf({ seconds: 10, gop: 24 });
  const { movie, bytes } = reread(finish(clip(source, 4_530_000, 7_200_000)));
  const [video] = movie.tracks as [MovieTrack];
  const [before] = source.tracks as [MovieTrack];
  const times = Array.from({ length: video.samples.count }, (_, index) =>
    presentationTime(video, index),
  );
  const first = times.findIndex((time) => Math.abs(time) < 30);
  assert.ok(first >= 0, 'a picture is shown at the start exactly');
  assert.equal(contents(video, bytes)[first], before.samples.offset(4520 / 40) % 251);
  near(times[first + 1]!, 30_000, 'the next one keeps its time');
});

test('what is decoded last is shown before the end, where nothing needs more', () => {
  const source = movieOf({ seconds: 10, reorder: [2, 4, 1] });
  const { movie } = reread(finish(clip(source, 1_000_000, 2_000_000)));
  const [video] = movie.tracks as [MovieTrack];
  assert.ok(presentationTime(video, video.samples.count - 1) < 1_000_000);
});

/** Samples that are needed but not shown reach beyond the end. */
function shownLater(video: MovieTrack): number {
  const { samples, timescale, shift } = video;
  const end = ((samples.end + samples.composition(0)) * 1e6) / timescale + shift;
  return Math.max(0, end - 2_700_000);
}

test('the end is the file’s end at most; what lies behind it is nothing', () => {
  const source = movieOf({ seconds: 2 });
  const { movie } = reread(finish(clip(source, 1_000_000, Infinity)));
  near(movie.duration, 1_000_000, 'duration');
  assert.throws(() => finish(clip(source, 2_000_000, 3_000_000)), { code: 'MP4_EMPTY' });
  assert.throws(() => finish(clip(source, 2_000_000, Infinity)), { code: 'MP4_EMPTY' });
  assert.throws(() => finish(clip(source, 1_000_000, 1_000_000)), { code: 'MP4_EMPTY' });
});

test('offsets beyond 4 GB', () => {
  const source = movieOf({ seconds: 1, at: 5 * 2 ** 32 });
  const { ranges } = finish(wholeFile(source));
  assert.equal(ranges.starts[0], 5 * 2 ** 32);
  assert.equal(ranges.starts.length, 1, 'what lies side by side is one range');
});

test('finding samples by time', () => {
  const [video] = movieOf({ seconds: 4 }).tracks as [MovieTrack];
  assert.equal(sampleFrom(video, -1), 0);
  assert.equal(sampleFrom(video, 0), 0);
  assert.equal(sampleFrom(video, 1), 1);
  assert.equal(sampleFrom(video, 1e12), 100);
  assert.equal(keyBefore(video, 0), 0);
  assert.equal(keyBefore(video, 999_999), 0);
  assert.equal(keyBefore(video, 1_000_000), 25);
  assert.equal(keyBefore(video, 1e12), 75);
});
