import { findBox, needBox, readU32Table, readU64, tableEntries } from './box-reader.ts';
import { Mp4Error } from './errors.ts';
import { MAX_SAMPLES, numberColumn, type NumberColumn, type SampleTable } from './movie.ts';

/**
 * The sample table of a track (ISO/IEC 14496-12, sections 8.6 and 8.7) as columns.
 *
 * The counts of a hostile table cost nothing: what is allocated is bounded by the sample sizes,
 * which are in the file or, where all are equal, must fit into it.
 *
 * @param stbl content of the box
 * @param fileSize bytes; samples must lie inside
 * @throws Mp4Error
 */
export function readSampleTable(stbl: Buffer, fileSize: number): SampleTable {
  const sizes = readSizes(stbl, fileSize);
  const count = sizes.length;
  const { dts, end } = readTimes(stbl, count);
  return {
    count,
    sizes,
    offsets: readOffsets(stbl, sizes, fileSize),
    dts,
    end,
    composition: readComposition(stbl, count),
    keys: readKeys(stbl, count),
  };
}

/** `stsz`: sample_size (32) | sample_count (32) | a size each, if sample_size is 0. */
function readSizes(stbl: Buffer, fileSize: number): Uint32Array {
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
    return readU32Table(stsz, 12, count);
  }
  if (count * equal > fileSize) {
    const claimed = `${count} samples of ${equal} bytes`;
    throw new Mp4Error('MP4_TRUNCATED', `A track has ${claimed}; the file has ${fileSize} bytes.`);
  }
  return new Uint32Array(count).fill(equal);
}

/** `stts`: entries of (sample_count, sample_delta). */
function readTimes(stbl: Buffer, count: number): { dts: NumberColumn; end: number } {
  const stts = needBox(stbl, 'stts', 8);
  const entries = tableEntries(stts, 'stts', 8);
  let end = 0;
  forEachRun(stts, entries, count, (length, delta) => {
    end += length * delta;
  });
  const dts = numberColumn(count, end);
  let index = 0;
  let time = 0;
  forEachRun(stts, entries, count, (length, delta) => {
    for (const last = index + length; index < last; index++) {
      dts[index] = time;
      time += delta;
    }
  });
  if (index < count) {
    throw new Mp4Error('MP4_INVALID', `A track has ${count} samples, and times for ${index}.`);
  }
  return { dts, end: time };
}

/** `ctts`: entries of (sample_count, sample_offset); signed in practice, whatever the version says. */
function readComposition(stbl: Buffer, count: number): Int32Array | undefined {
  const ctts = findBox(stbl, 'ctts');
  if (!ctts) return undefined;
  const composition = new Int32Array(count);
  let index = 0;
  forEachRun(ctts, tableEntries(ctts, 'ctts', 8), count, (length, offset) => {
    // Runs are short where there are B-frames; `fill` costs more than they do.
    for (const last = index + length; index < last; index++) composition[index] = offset;
  });
  return composition;
}

/** Calls back for each run-length entry, cut off at `count` samples. */
function forEachRun(
  table: Buffer,
  entries: number,
  count: number,
  visit: (length: number, value: number) => void,
): void {
  let left = count;
  for (let entry = 0; entry < entries && left > 0; entry++) {
    const length = Math.min(left, table.readUInt32BE(8 + entry * 8));
    visit(length, table.readUInt32BE(12 + entry * 8));
    left -= length;
  }
}

/** `stss`: the numbers, from 1, of the samples that decoding can start at; no table: of all. */
function readKeys(stbl: Buffer, count: number): Uint8Array | undefined {
  const stss = findBox(stbl, 'stss');
  if (!stss) return undefined;
  const keys = new Uint8Array(count);
  const entries = tableEntries(stss, 'stss', 4);
  for (let entry = 0; entry < entries; entry++) {
    const number = stss.readUInt32BE(8 + entry * 4);
    if (number >= 1 && number <= count) keys[number - 1] = 1;
  }
  return keys;
}

/** `stco`/`co64`: chunk offsets; `stsc`: (first_chunk, samples_per_chunk, description) runs. */
function readOffsets(stbl: Buffer, sizes: Uint32Array, fileSize: number): NumberColumn {
  const large = findBox(stbl, 'co64');
  const chunks = large ?? needBox(stbl, 'stco', 8);
  const chunkCount = tableEntries(chunks, large ? 'co64' : 'stco', large ? 8 : 4);
  const stsc = needBox(stbl, 'stsc', 8);
  const runs = tableEntries(stsc, 'stsc', 12);

  const places = large ? undefined : readU32Table(chunks, 8, chunkCount);
  const offsets = numberColumn(sizes.length, fileSize);
  let sample = 0;
  let run = -1;
  let perChunk = 0;
  for (let chunk = 0; chunk < chunkCount && sample < sizes.length; chunk++) {
    while (run + 1 < runs && stsc.readUInt32BE(8 + (run + 1) * 12) <= chunk + 1) {
      run++;
      perChunk = stsc.readUInt32BE(12 + run * 12);
    }
    let offset = large ? readU64(chunks, 8 + chunk * 8) : places![chunk]!;
    const last = Math.min(sizes.length, sample + perChunk);
    for (; sample < last; sample++) {
      offsets[sample] = offset;
      offset += sizes[sample]!;
    }
    if (offset > fileSize) {
      throw new Mp4Error(
        'MP4_TRUNCATED',
        `Media lies at byte ${offset}; the file has ${fileSize} bytes.`,
      );
    }
  }
  if (sample < sizes.length) {
    const found = `${sizes.length} samples, and places for ${sample}`;
    throw new Mp4Error('MP4_INVALID', `A track has ${found}.`);
  }
  return offsets;
}
