import { Mp4Error } from './errors.ts';
import {
  REORDER,
  keyBefore,
  microseconds,
  presentationTime,
  sampleFrom,
  trackEnd,
  type Movie,
  type MovieTrack,
} from './movie.ts';
import { progressiveFile, type ProgressiveFile } from './progressive-writer.ts';
import type { TrackPart } from './sample-table-writer.ts';
import type { Work } from './work.ts';

/**
 * Sound decoders start up over a frame or two: the frames before the first one heard come along,
 * and are not shown.
 */
const AUDIO_PREROLL = 2;

/** More pictures than are decoded before one that is shown earlier. */
const MAX_REORDERED = 32;

/**
 * The part of a movie from `start` to `end` (µs of movie time) as a file of its own. It begins at
 * the key frame at or before `start`; an edit list makes players begin exactly at `start`.
 *
 * @throws Mp4Error `MP4_EMPTY` when nothing is shown in that time
 */
export function* clip(movie: Movie, start: number, end: number): Work<ProgressiveFile> {
  const until = Math.min(end, movie.duration);
  if (!(start < until)) {
    const length = (movie.duration / 1e6).toFixed(3);
    throw new Mp4Error(
      'MP4_EMPTY',
      `Nothing lies between ${start / 1e6} s and ${end / 1e6} s: the file is ${length} s long.`,
    );
  }
  const parts = movie.tracks.flatMap((track) => partOf(track, start, until) ?? []);
  return yield* progressiveFile(parts);
}

/**
 * All of a movie as a file that begins with its first picture or sound. Every sample goes in, also
 * what the source does not show.
 */
export function* wholeFile(movie: Movie): Work<ProgressiveFile> {
  const origin = Math.min(...movie.tracks.map((track) => presentationTime(track, 0)));
  return yield* progressiveFile(
    movie.tracks.map((track) => ({
      ...window(track, Math.min(origin, movie.duration), trackEnd(track), 0),
      last: track.samples.count,
    })),
  );
}

function partOf(track: MovieTrack, start: number, end: number): TrackPart | undefined {
  if (trackEnd(track) <= start || presentationTime(track, 0) >= end) return undefined;
  const key = keyBefore(track, start);
  const first = track.kind === 'audio' ? Math.max(0, key - AUDIO_PREROLL) : key;
  const part = window(track, start, Math.min(end, trackEnd(track)), first);
  if (part.last <= part.first) return undefined;
  return track.kind === 'video' ? { ...part, moved: pictureAt(part, start) } : part;
}

/**
 * The picture that is to be seen at `start` was mostly shown a little earlier. Players leave out what
 * an edit list cuts into, so it is moved to `start`; undefined where there is nothing to move.
 */
function pictureAt({ track, first, last }: TrackPart, start: number): TrackPart['moved'] {
  const from = Math.max(first, sampleFrom(track, start) - MAX_REORDERED);
  const behind = Math.min(last, sampleFrom(track, start + REORDER));
  let shown = -Infinity;
  let sample = -1;
  for (let index = from; index < behind; index++) {
    const time = presentationTime(track, index);
    if (time > start || time <= shown) continue;
    shown = time;
    sample = index;
  }
  const by = Math.round(((start - shown) * track.timescale) / 1e6);
  return sample >= 0 && by > 0 ? { sample, by } : undefined;
}

/** The samples from `first` on, shown from `start` to `end`. */
function window(track: MovieTrack, start: number, end: number, first: number): TrackPart {
  const { samples } = track;
  // Frames shown before `end` are all decoded before it.
  let last = Math.max(first + 1, sampleFrom(track, end));
  // Those at the very end that are shown later are needed by none.
  for (let spare = 0; spare < MAX_REORDERED && last > first + 1; spare++, last--) {
    if (presentationTime(track, last - 1) < end) break;
  }
  const decoded = microseconds(track, samples.dts(first)) + track.shift;
  const shown = decoded + microseconds(track, samples.composition(first));
  const delay = Math.max(0, shown - start);
  return {
    track,
    first,
    last,
    delay,
    from: Math.max(0, start + delay - decoded),
    duration: end - start - delay,
  };
}
