import { boxOf, fullBox, u32, writeBoxHeader, writeU64 } from './box.ts';
import { bigEndian } from './box-reader.ts';
import type { MovieTrack } from './movie.ts';
import { withOther } from './runs.ts';
import { inSteps, type Work } from './work.ts';

/** The samples of one track that go into a file, and what of them is shown. */
export interface TrackPart {
  readonly track: MovieTrack;
  /** Index of the first sample, and of the one behind the last. */
  readonly first: number;
  readonly last: number;
  /** Nothing is shown for so long, µs; then … */
  readonly delay: number;
  /** … the media is, from this long behind the first sample's decoding time on, µs, … */
  readonly from: number;
  /** … for this long, µs. */
  readonly duration: number;
  /** A sample that is shown so much later than in the source, in the track's ticks. */
  readonly moved?: { readonly sample: number; readonly by: number } | undefined;
}

/** Writes the sample table (ISO/IEC 14496-12, sections 8.6 and 8.7) of a part of a track. */
export class SampleWriter {
  /** Bytes of each sample. */
  readonly sizes: Uint32Array;
  /** The media's duration in the track's ticks; known when the table is made. */
  duration = 0;
  #part: TrackPart;
  /** From the media's first byte. */
  #chunkOffsets: Float64Array;
  #chunkCount = 0;
  /** `stsc`: a chunk's number, its samples and their description, where the samples change. */
  #chunkRuns: Uint32Array;
  #chunkRunsLength = 0;
  #samplesPerChunk = 0;
  #inChunk = 0;
  #placeTable = Buffer.alloc(0);

  constructor(part: TrackPart) {
    const count = part.last - part.first;
    this.#part = part;
    this.sizes = part.track.samples.sizes(part.first, part.last);
    // Memory that is not written to costs nothing.
    this.#chunkOffsets = new Float64Array(count);
    this.#chunkRuns = new Uint32Array(count * 3);
  }

  /**
   * Tells where the next samples lie, one behind the other.
   * @param count how many they are
   * @param follows right behind the one before, in the same chunk
   * @param offset from the media's first byte
   */
  add(count: number, follows: boolean, offset: number): void {
    if (!follows) {
      this.#endChunk();
      this.#chunkOffsets[this.#chunkCount++] = offset;
    }
    this.#inChunk += count;
  }

  /** More bytes than the table takes. */
  get sizeBound(): number {
    const { first, last, track } = this.#part;
    return 2048 + track.entry.length + (last - first) * 48;
  }

  /**
   * The table, in which the places are to be filled in.
   * @param large chunk offsets have 64 bits
   */
  *table(large: boolean): Work<Buffer[]> {
    this.#endChunk();
    const { track, first, last } = this.#part;
    const durations = yield* track.samples.durations(first, last);
    this.duration = sumOf(durations);
    this.#placeTable = Buffer.allocUnsafe(this.#chunkCount * (large ? 8 : 4));
    const chunkRuns = this.#chunkRuns.subarray(0, this.#chunkRunsLength);
    return boxOf('stbl', [
      fullBox('stsd', 0, 0, u32(1), track.entry),
      ...tableOf('stts', 0, durations, durations.length / 2),
      ...(yield* this.#compositions()),
      ...this.#keys(),
      ...tableOf('stsc', 0, chunkRuns, chunkRuns.length / 3),
      ...tableOf('stsz', 0, this.sizes, 0, last - first),
      tableHeader(large ? 'co64' : 'stco', 0, this.#placeTable.length, this.#chunkCount),
      this.#placeTable,
    ]);
  }

  /** Fills in where the chunks lie; `base`: where the media begins. */
  *fillIn(base: number, large: boolean): Work<void> {
    const table = this.#placeTable;
    const offsets = this.#chunkOffsets;
    yield* inSteps(0, this.#chunkCount, (from, to) => {
      for (let chunk = from; chunk < to; chunk++) {
        const offset = offsets[chunk]! + base;
        if (large) writeU64(table, chunk * 8, offset);
        else table.writeUInt32BE(offset, chunk * 4);
      }
    });
  }

  #endChunk(): void {
    if (this.#inChunk > 0 && this.#inChunk !== this.#samplesPerChunk) {
      const runs = this.#chunkRuns;
      let length = this.#chunkRunsLength;
      this.#samplesPerChunk = this.#inChunk;
      runs[length++] = this.#chunkCount;
      runs[length++] = this.#inChunk;
      runs[length++] = 1; // the only sample entry
      this.#chunkRunsLength = length;
    }
    this.#inChunk = 0;
  }

  *#compositions(): Work<Buffer[]> {
    const { track, first, last, moved } = this.#part;
    if (!track.samples.isReordered && !moved) return [];
    let runs = yield* track.samples.compositions(first, last);
    if (moved) runs = withOther(runs, moved.sample - first, moved.by);
    const version = hasNegative(runs) ? 1 : 0;
    return tableOf('ctts', version, runs, runs.length / 2);
  }

  #keys(): Buffer[] {
    const { track, first, last } = this.#part;
    const keys = track.samples.keys(first, last);
    if (!keys) return [];
    const numbers = keys.map((key) => key - first + 1);
    return tableOf('stss', 0, numbers, numbers.length);
  }
}

/** A box of numbers behind version, flags and `fields`. The numbers' memory goes into it. */
function tableOf(
  type: string,
  version: number,
  numbers: Uint32Array,
  ...fields: number[]
): Buffer[] {
  const header = tableHeader(type, version, numbers.byteLength, ...fields);
  return [header, bigEndian(numbers)];
}

function tableHeader(type: string, version: number, bytes: number, ...fields: number[]): Buffer {
  const header = fullBox(type, version, 0, u32(...fields));
  writeBoxHeader(header, 0, type, header.length + bytes);
  return header;
}

/** Of runs: the values of all their samples. */
function sumOf(runs: Uint32Array): number {
  let sum = 0;
  for (let run = 0; run < runs.length; run += 2) sum += runs[run]! * runs[run + 1]!;
  return sum;
}

function hasNegative(runs: Uint32Array): boolean {
  for (let run = 1; run < runs.length; run += 2) if (runs[run]! >= 2 ** 31) return true;
  return false;
}
