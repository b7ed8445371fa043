/**
 * A file of recorded media as tables: which bytes are which access unit, and when it is shown.
 * MP4 and FLV files both come to this; clips, RTMP and HLS are made from it.
 */
import { Mp4Error } from './errors.ts';
import type { Work } from './work.ts';

/** The access units of a track in decoding order. Asking for one after the other costs least. */
export interface SampleTable {
  readonly count: number;
  /** Decoding time at which the last one ends. */
  readonly end: number;
  /** Bytes of memory that the table takes. */
  readonly byteLength: number;
  /** Whether presentation times may differ from decoding times. */
  readonly isReordered: boolean;
  /** Whether decoding can start at each. */
  readonly isKeyEach: boolean;
  /** Where in the file it begins, bytes. */
  offset(index: number): number;
  /** Bytes. */
  size(index: number): number;
  /** Decoding time in the track's timescale; never decreases. */
  dts(index: number): number;
  /** Presentation time less decoding time, same unit. */
  composition(index: number): number;
  /** The last one, up to this one, at which decoding can start; -1: none. */
  keyUpTo(index: number): number;

  // Of the samples from `first` to before `last` at once, in memory of their own:
  /** Bytes of each. */
  sizes(first: number, last: number): Uint32Array;
  /** From each one's decoding time to the next one's, as pairs of how many, how long. */
  durations(first: number, last: number): Work<Uint32Array>;
  /** `composition` in the same form, negative ones as two's complement. */
  compositions(first: number, last: number): Work<Uint32Array>;
  /** Those at which decoding can start; undefined: all. */
  keys(first: number, last: number): Uint32Array | undefined;
}

export interface MovieTrack {
  readonly id: number;
  readonly kind: 'video' | 'audio';
  /** Ticks a second. */
  readonly timescale: number;
  /** The sample entry as a box, for files that are cut from this one. */
  readonly entry: Buffer;
  readonly width: number;
  readonly height: number;
  readonly samples: SampleTable;
  /** Movie time at which the media's time 0 is shown, µs: what the edit list comes to. */
  readonly shift: number;
}

export interface Movie {
  readonly tracks: readonly MovieTrack[];
  /** µs */
  readonly duration: number;
}

/** Most samples that a track may have: 60 pictures a second for 38 hours. */
export const MAX_SAMPLES = 8 * 2 ** 20;

/** Movie time at which a sample is shown, µs (not always whole). */
export function presentationTime(track: MovieTrack, index: number): number {
  const { samples } = track;
  return microseconds(track, samples.dts(index) + samples.composition(index)) + track.shift;
}

/** Movie time at which a sample is decoded, µs (not always whole); may be negative. */
export function decodingTime(track: MovieTrack, index: number): number {
  return microseconds(track, track.samples.dts(index)) + track.shift;
}

export function isKey({ samples }: MovieTrack, index: number): boolean {
  return samples.keyUpTo(index) === index;
}

export function microseconds({ timescale }: Pick<MovieTrack, 'timescale'>, ticks: number): number {
  return (ticks * 1e6) / timescale;
}

/** Movie time at which a track's last sample ends, µs. */
export function trackEnd(track: MovieTrack): number {
  const { samples } = track;
  const first = samples.count > 0 ? samples.composition(0) : 0;
  return microseconds(track, samples.end + first) + track.shift;
}

/**
 * The first sample whose decoding time is not before `time` (movie time, µs); `count` when there is
 * none.
 */
export function sampleFrom(track: MovieTrack, time: number): number {
  const { samples } = track;
  const ticks = ((time - track.shift) * track.timescale) / 1e6;
  let low = 0;
  let high = samples.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (samples.dts(middle) < ticks) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** More than any composition offset in use, µs. */
export const REORDER = 1_000_000;
/** Most key frames that are looked at: more lie in that time in hostile files only. */
const MAX_KEYS = 1000;

/** The sample to begin decoding with so that `time` (movie time, µs) is shown; the first at least. */
export function keyBefore(track: MovieTrack, time: number): number {
  const { samples } = track;
  // Where composition offsets are negative, a frame is shown a little before it is "decoded".
  const reach = samples.isReordered ? REORDER : 0;
  const last = Math.min(sampleFrom(track, time + reach), samples.count - 1);
  let key = samples.keyUpTo(last);
  for (let looked = 0; key > 0 && looked < MAX_KEYS; looked++) {
    if (presentationTime(track, key) <= time + 0.5) return key;
    key = samples.keyUpTo(key - 1);
  }
  return Math.max(0, key);
}

/** The track that decides where to cut: the first with pictures, else the first. */
export function leadingTrack({ tracks }: Movie): MovieTrack {
  const track = tracks.find(({ kind }) => kind === 'video') ?? tracks[0];
  if (!track) throw new Mp4Error('MP4_EMPTY', 'The file has neither picture nor sound.');
  return track;
}
