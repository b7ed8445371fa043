import { box, boxOf, fullBox, text, u16, u32, writeU64 } from './box.ts';
import { Mp4Error } from './errors.ts';
import {
  handlerBox,
  mediaHeaderBoxes,
  UNDETERMINED_LANGUAGE,
  UNITY_MATRIX,
} from './media-boxes.ts';
import { SampleWriter, type TrackPart } from './sample-table-writer.ts';
import { inSteps, type Work } from './work.ts';

/** Parts of a source file, in the order in which they are wanted; bytes. */
export interface SourceRanges {
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
}

/** A file of which all but the media is in memory. */
export interface ProgressiveFile {
  /** Everything before the media. */
  readonly head: Buffer;
  /** The media, in the source file. */
  readonly ranges: SourceRanges;
  /** Bytes of the whole file. */
  readonly size: number;
}

/** Ticks a second of the movie's own times. */
const MOVIE_TIMESCALE = 90_000;

const FILE_TYPE = box('ftyp', text('isom'), u32(512), text('isom'), text('iso2'), text('mp41'));

/**
 * An MP4 file whose description comes before its media ("fast start", ISO/IEC 14496-12), made of
 * samples that stay where they are in a source file. The media keeps the source's order, so that
 * what was interleaved is, and reading it is reading forward.
 *
 * @throws Mp4Error `MP4_EMPTY` when there is no sample
 */
export function* progressiveFile(parts: readonly TrackPart[]): Work<ProgressiveFile> {
  const writers = parts.map((part) => new SampleWriter(part));
  const { ranges, mediaSize } = yield* layOut(parts, writers);
  if (mediaSize === 0) throw new Mp4Error('MP4_EMPTY', 'No sample lies in this part of the file.');

  const large = mediaSize + headBound(writers) >= 2 ** 32;
  const moov = yield* movie(parts, writers, large);
  const mdatHeader = large ? Buffer.alloc(16) : Buffer.alloc(8);
  mdatHeader.writeUInt32BE(large ? 1 : 8 + mediaSize, 0);
  mdatHeader.write('mdat', 4, 'latin1');
  if (large) writeU64(mdatHeader, 8, 16 + mediaSize);
  const pieces = [FILE_TYPE, ...moov, mdatHeader];
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  for (const writer of writers) yield* writer.fillIn(length, large);
  const head = Buffer.concat(pieces, length);
  return { head, ranges, size: head.length + mediaSize };
}

/** Puts the samples of all tracks in the order of the source file; finds chunks and ranges. */
function* layOut(
  parts: readonly TrackPart[],
  writers: readonly SampleWriter[],
): Work<{ ranges: SourceRanges; mediaSize: number }> {
  const next = parts.map(({ first }) => first);
  const starts: number[] = [];
  const lengths: number[] = [];
  let end = -1;
  let size = 0;
  let previous = -1;
  /** Where each track's next sample lies; no more: at infinity. */
  const places = parts.map(({ track, first }) => track.samples.offset(first));
  const lay = (from: number, to: number): void => {
    for (let left = to - from; left > 0;) {
      let index = 0;
      let other = Infinity;
      for (let candidate = 1; candidate < parts.length; candidate++) {
        const before = places[candidate]! < places[index]!;
        other = Math.min(other, before ? places[index]! : places[candidate]!);
        if (before) index = candidate;
      }
      const { track, first, last } = parts[index]!;
      const { samples } = track;
      const { sizes } = writers[index]!;
      // All that lie one behind the other.
      const start = places[index]!;
      const begin = next[index]!;
      const most = Math.min(last, begin + left);
      let place: number;
      let sample = begin;
      let behind = start;
      do {
        behind += sizes[sample - first]!;
        sample++;
        place = sample < last ? samples.offset(sample) : Infinity;
      } while (place === behind && place < other && sample < most);
      next[index] = sample;
      places[index] = place;
      left -= sample - begin;
      writers[index]!.add(sample - begin, index === previous, size);
      previous = index;
      if (start === end) {
        lengths[lengths.length - 1]! += behind - start;
      } else {
        starts.push(start);
        lengths.push(behind - start);
      }
      end = behind;
      size += behind - start;
    }
  };
  yield* inSteps(
    0,
    parts.reduce((sum, { first, last }) => sum + last - first, 0),
    lay,
  );
  return { ranges: { starts, lengths }, mediaSize: size };
}

/** More than the description can take. */
function headBound(writers: readonly SampleWriter[]): number {
  return writers.reduce((sum, writer) => sum + writer.sizeBound, 4096);
}

/** A time in µs on a clock of so many ticks a second. */
const ticks = (time: number, timescale: number): number => Math.round((time * timescale) / 1e6);

function* movie(
  parts: readonly TrackPart[],
  writers: readonly SampleWriter[],
  large: boolean,
): Work<Buffer[]> {
  const duration = Math.max(...parts.map((part) => shownTicks(part)));
  const tracks: Buffer[] = [];
  for (const [index, part] of parts.entries()) {
    tracks.push(...(yield* trackBox(part, writers[index]!, index + 1, large)));
  }
  return boxOf('moov', [
    timedBox('mvhd', 0, [MOVIE_TIMESCALE], duration, [
      u32(0x1_0000), // rate 1.0
      u16(0x0100, 0), // volume 1.0
      u32(0, 0),
      UNITY_MATRIX,
      u32(0, 0, 0, 0, 0, 0),
      u32(parts.length + 1), // next track
    ]),
    ...tracks,
  ]);
}

/** When a track's last picture or sound is over, in the movie's ticks. */
function shownTicks({ delay, duration }: TrackPart): number {
  return ticks(delay, MOVIE_TIMESCALE) + ticks(duration, MOVIE_TIMESCALE);
}

function* trackBox(
  part: TrackPart,
  writer: SampleWriter,
  id: number,
  large: boolean,
): Work<Buffer[]> {
  const { track } = part;
  const table = yield* writer.table(large);
  const video = track.kind === 'video';
  return boxOf('trak', [
    timedBox('tkhd', 0x03, [id, 0], shownTicks(part), [
      u32(0, 0),
      u16(0, video ? 0 : 1, video ? 0 : 0x0100, 0), // layer, alternate group, volume
      UNITY_MATRIX,
      video ? u16(track.width, 0, track.height, 0) : u32(0, 0),
    ]),
    editBox(part),
    ...boxOf('mdia', [
      timedBox('mdhd', 0, [track.timescale], writer.duration, [u16(UNDETERMINED_LANGUAGE, 0)]),
      handlerBox(track.kind),
      ...boxOf('minf', [...mediaHeaderBoxes(track.kind), ...table]),
    ]),
  ]);
}

/**
 * `mvhd`, `tkhd` and `mdhd` begin alike: creation, modification, some fields, duration; version 1
 * has 64 bits for the times.
 */
function timedBox(
  type: string,
  flags: number,
  fields: readonly number[],
  duration: number,
  rest: readonly Buffer[],
): Buffer {
  const long = duration >= 2 ** 32;
  const times = long ? [0, 0, 0, 0] : [0, 0];
  return fullBox(
    type,
    long ? 1 : 0,
    flags,
    u32(...times, ...fields),
    long ? u64(duration) : u32(duration),
    ...rest,
  );
}

/** `elst`: an empty edit for the delay, then the media (ISO/IEC 14496-12, section 8.6.6). */
function editBox({ track, delay, from, duration }: TrackPart): Buffer {
  const edits = [[ticks(duration, MOVIE_TIMESCALE), ticks(from, track.timescale)] as const];
  const silence = ticks(delay, MOVIE_TIMESCALE);
  if (silence > 0) edits.unshift([silence, -1]);
  const entries = edits.map(([length, mediaTime]) =>
    Buffer.concat([u64(length), mediaTime < 0 ? u32(-1, -1) : u64(mediaTime), u16(1, 0)]),
  );
  return box('edts', fullBox('elst', 1, 0, u32(entries.length), ...entries));
}

function u64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  writeU64(bytes, 0, value);
  return bytes;
}
