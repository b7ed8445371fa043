/**
 * A file of recorded media as tables: which bytes are which access unit, and when it is shown.
 * MP4 and FLV files both come to this; clips, RTMP and HLS are made from it.
 */
import { Mp4Error } from './errors.ts';

/** Numbers that fit 32 bits take 4 bytes each, others 8. */
export type NumberColumn = Uint32Array | Float64Array;

/** The access units of a track in decoding order, a column each. */
export interface SampleTable {
  readonly count: number;
  /** Where in the file each begins, bytes. */
  readonly offsets: NumberColumn;
  readonly sizes: Uint32Array;
  /** Decoding time in the track's timescale; never decreases. */
  readonly dts: NumberColumn;
  /** Presentation time less decoding time, same unit; undefined: 0 throughout. */
  readonly composition: Int32Array | undefined;
  /** 1 where decoding can start; undefined: everywhere. */
  readonly keys: Uint8Array | undefined;
  /** Decoding time at which the last one ends. */
  readonly end: number;
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
  const { dts, composition } = track.samples;
  return microseconds(track, dts[index]! + (composition?.[index] ?? 0)) + track.shift;
}

/** Movie time at which a sample is decoded, µs (not always whole); may be negative. */
export function decodingTime(track: MovieTrack, index: number): number {
  return microseconds(track, track.samples.dts[index]!) + track.shift;
}

export function isKey({ samples: { keys } }: MovieTrack, index: number): boolean {
  return keys === undefined || keys[index] === 1;
}

export function microseconds({ timescale }: Pick<MovieTrack, 'timescale'>, ticks: number): number {
  return (ticks * 1e6) / timescale;
}

/** Movie time at which a track's last sample ends, µs. */
export function trackEnd(track: MovieTrack): number {
  const { end, composition } = track.samples;
  return microseconds(track, end + (composition?.[0] ?? 0)) + track.shift;
}

/**
 * The first sample whose decoding time is not before `time` (movie time, µs); `count` when there is
 * none.
 */
export function sampleFrom(track: MovieTrack, time: number): number {
  const { dts, count } = track.samples;
  const ticks = ((time - track.shift) * track.timescale) / 1e6;
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (dts[middle]! < ticks) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** More than any composition offset in use, µs. */
const REORDER = 1_000_000;

/** The sample to begin decoding with so that `time` (movie time, µs) is shown; the first at least. */
export function keyBefore(track: MovieTrack, time: number): number {
  // Where composition offsets are negative, a frame is shown a little before it is "decoded".
  let index = Math.min(sampleFrom(track, time + REORDER), track.samples.count - 1);
  while (index > 0 && !(isKey(track, index) && presentationTime(track, index) <= time + 0.5)) {
    index--;
  }
  return index;
}

/** The track that decides where to cut: the first with pictures, else the first. */
export function leadingTrack({ tracks }: Movie): MovieTrack {
  const track = tracks.find(({ kind }) => kind === 'video') ?? tracks[0];
  if (!track) throw new Mp4Error('MP4_EMPTY', 'The file has neither picture nor sound.');
  return track;
}

/** A column for numbers up to `max`. */
export function numberColumn(length: number, max: number): NumberColumn {
  return max < 2 ** 32 ? new Uint32Array(length) : new Float64Array(length);
}
