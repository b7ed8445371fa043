import { findBox, needBox, readU32Table, tableEntries } from './box-reader.ts';
import { Mp4Error } from './errors.ts';
import { MAX_SAMPLES, type SampleTable } from './movie.ts';
import { PlaceIndex } from './place-index.ts';
import { RunIndex } from './run-index.ts';
import type { Work } from './work.ts';

/**
 * The sample table of a track (ISO/IEC 14496-12, sections 8.6 and 8.7). The file's own tables are
 * only turned round, so that even those of many hours are there within milliseconds, and take no
 * more memory than the file's description has bytes.
 *
 * The counts of a hostile table cost nothing: what is allocated is bounded by the tables' own bytes
 * or, where all sizes are equal, by the file's.
 *
 * @param stbl content of the box
 * @param fileSize bytes; samples must lie inside
 * @throws Mp4Error
 */
export function* readSampleTable(stbl: Buffer, fileSize: number): Work<SampleTable> {
  const { count, equal, table } = yield* readSizes(stbl, fileSize);
  const sizeOf = table ? (sample: number) => table[sample]! : () => equal;
  const times = yield* RunIndex.read(needBox(stbl, 'stts', 8), 'stts', count);
  if (times.count < count) {
    throw new Mp4Error(
      'MP4_INVALID',
      `A track has ${count} samples, and times for ${times.count}.`,
    );
  }
  const ctts = findBox(stbl, 'ctts');
  const composition = ctts && (yield* RunIndex.read(ctts, 'ctts', count));
  const keys = yield* readKeys(stbl, count);
  const places = yield* PlaceIndex.read(stbl, count, sizeOf, fileSize);
  return {
    count,
    end: times.sum,
    byteLength: [times, composition, keys, places].reduce(
      (sum, part) => sum + (part?.byteLength ?? 0),
      table?.byteLength ?? 0,
    ),
    isReordered: composition !== undefined,
    isKeyEach: keys === undefined,
    size: sizeOf,
    sizes: (first, last) =>
      table ? table.slice(first, last) : new Uint32Array(last - first).fill(equal),
    *durations(first, last) {
      yield;
      return times.cut(first, last);
    },
    *compositions(first, last) {
      yield;
      return composition?.cut(first, last) ?? Uint32Array.of(last - first, 0);
    },
    keys: (first, last) =>
      keys?.slice(entriesUpTo(keys, first), entriesUpTo(keys, last)).map((key) => key - 1),
    offset: (sample) => places.offset(sample),
    dts: (sample) => times.before(sample),
    // Signed in practice, whatever the version says.
    composition: composition ? (sample) => composition.value(sample) | 0 : () => 0,
    keyUpTo: keys
      ? (sample) => (keys[entriesUpTo(keys, sample + 1) - 1] ?? 0) - 1
      : (sample) => sample,
  };
}

/** `stsz`: sample_size (32) | sample_count (32) | a size each, if sample_size is 0. */
function* readSizes(
  stbl: Buffer,
  fileSize: number,
): Work<{ count: number; equal: number; table?: Uint32Array }> {
  if (!findBox(stbl, 'stsz') && findBox(stbl, 'stz2')) {
    throw new Mp4Error('MP4_UNSUPPORTED', 'Compact sample sizes (stz2) are not read.');
  }
  const stsz = needBox(stbl, 'stsz', 12);
  const equal = stsz.readUInt32BE(4);
  const count = stsz.readUInt32BE(8);
  if (count > MAX_SAMPLES) {
    throw new Mp4Error('MP4_TOO_LARGE', `A track has ${count} samples; at most ${MAX_SAMPLES}.`);
  }
  if (equal === 0) {
    tableEntries(stsz, 'stsz', 4, 8);
    return { count, equal, table: yield* readU32Table(stsz, 12, count) };
  }
  if (count * equal > fileSize) {
    const claimed = `${count} samples of ${equal} bytes`;
    throw new Mp4Error('MP4_TRUNCATED', `A track has ${claimed}; the file has ${fileSize} bytes.`);
  }
  return { count, equal };
}

/** `stss`: the numbers, from 1, of the samples that decoding can start at; no table: of all. */
function* readKeys(stbl: Buffer, count: number): Work<Uint32Array | undefined> {
  const stss = findBox(stbl, 'stss');
  if (!stss) return undefined;
  const keys = yield* readU32Table(stss, 8, tableEntries(stss, 'stss', 4));
  for (let entry = 0; entry < keys.length; entry++) {
    if (keys[entry]! > (keys[entry - 1] ?? 0)) continue;
    throw new Mp4Error('MP4_INVALID', 'The numbers of the key frames (stss) do not ascend.');
  }
  return keys.subarray(0, keys.length - countAbove(keys, count));
}

function countAbove(keys: Uint32Array, most: number): number {
  let above = 0;
  while (above < keys.length && keys[keys.length - 1 - above]! > most) above++;
  return above;
}

/** How many of ascending numbers are not above `most`. */
function entriesUpTo(numbers: Uint32Array, most: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}
