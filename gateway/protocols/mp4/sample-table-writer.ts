import { boxOf, fullBox, u32 } from './box.ts';
import { inSteps, type Work } from './work.ts';
import type { MovieTrack } from './movie.ts';
import type { TrackPart } from './progressive-writer.ts';

/** A table of big-endian numbers, 4 bytes each. */
class Table {
  #bytes: Buffer;
  length = 0;

  /** @param most numbers that may come; memory that is not written to costs nothing */
  constructor(most: number) {
    this.#bytes = Buffer.allocUnsafe(most * 4);
  }

  /** Adds the low 32 bits of a number. */
  push(value: number): void {
    const bytes = this.#bytes;
    let at = this.length;
    bytes[at++] = value >>> 24;
    bytes[at++] = value >>> 16;
    bytes[at++] = value >>> 8;
    bytes[at++] = value;
    this.length = at;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }
}

/** Equal values in a row, counted: pairs of count and value. */
class Runs {
  #table: Table;
  #value = 0;
  #count = 0;

  /** @param most values that may come */
  constructor(most: number) {
    this.#table = new Table(most * 2);
  }

  push(value: number): void {
    if (value === this.#value || this.#count === 0) {
      this.#value = value;
      this.#count++;
      return;
    }
    this.#end();
    this.#value = value;
    this.#count = 1;
  }

  /** The table; nothing may be pushed afterwards. */
  get bytes(): Buffer {
    this.#end();
    return this.#table.bytes;
  }

  #end(): void {
    if (this.#count === 0) return;
    this.#table.push(this.#count);
    this.#table.push(this.#value);
    this.#count = 0;
  }
}

/** Writes the sample table (ISO/IEC 14496-12, sections 8.6 and 8.7) of a part of a track. */
export class SampleWriter {
  #part: TrackPart;
  #chunkOffsets: Float64Array;
  #chunkCount = 0;
  /** `stsc`: a chunk's number, its samples and their description, where the samples change. */
  #chunkRuns: Table;
  #samplesPerChunk = 0;
  #inChunk = 0;

  constructor(part: TrackPart) {
    this.#part = part;
    this.#chunkOffsets = new Float64Array(part.last - part.first);
    this.#chunkRuns = new Table((part.last - part.first) * 3);
  }

  /**
   * Tells where the next sample lies.
   * @param follows right behind the one before, in the same chunk
   * @param offset from the media's first byte
   */
  add(follows: boolean, offset: number): void {
    if (!follows) {
      this.#endChunk();
      this.#chunkOffsets[this.#chunkCount++] = offset;
    }
    this.#inChunk++;
  }

  /** The media's duration in the track's ticks. */
  get duration(): number {
    const { track, first, last } = this.#part;
    return timeOf(track, last) - timeOf(track, first);
  }

  /** More bytes than the table takes. */
  get sizeBound(): number {
    const { first, last, track } = this.#part;
    return 2048 + track.entry.length + (last - first) * 48;
  }

  /** @param large chunk offsets have 64 bits */
  *table(large: boolean): Work<Buffer[]> {
    this.#endChunk();
    const { track } = this.#part;
    return boxOf('stbl', [
      fullBox('stsd', 0, 0, u32(1), track.entry),
      yield* this.#times(),
      ...(yield* this.#composition()),
      ...(yield* this.#keys()),
      this.#samplesToChunks(),
      yield* this.#sizes(),
      yield* this.#offsets(large),
    ]);
  }

  #endChunk(): void {
    if (this.#inChunk > 0 && this.#inChunk !== this.#samplesPerChunk) {
      this.#samplesPerChunk = this.#inChunk;
      this.#chunkRuns.push(this.#chunkCount);
      this.#chunkRuns.push(this.#inChunk);
      this.#chunkRuns.push(1); // the only sample entry
    }
    this.#inChunk = 0;
  }

  *#offsets(large: boolean): Work<Buffer> {
    const count = this.#chunkCount;
    const table = new Table(large ? count * 2 : count);
    yield* inSteps(0, count, (from, to) => {
      for (let chunk = from; chunk < to; chunk++) {
        const offset = this.#chunkOffsets[chunk]!;
        if (large) table.push(Math.floor(offset / 2 ** 32));
        table.push(offset);
      }
    });
    return fullBox(large ? 'co64' : 'stco', 0, 0, u32(count), table.bytes);
  }

  *#times(): Work<Buffer> {
    const { track, first, last } = this.#part;
    const runs = new Runs(last - first);
    let time = timeOf(track, first);
    yield* inSteps(first, last, (from, to) => {
      for (let index = from; index < to; index++) {
        const next = timeOf(track, index + 1);
        runs.push(next - time);
        time = next;
      }
    });
    return runTable('stts', 0, runs);
  }

  *#composition(): Work<Buffer[]> {
    const { track, first, last, moved } = this.#part;
    const { samples } = track;
    if (!samples.isReordered && !moved) return [];
    const runs = new Runs(last - first);
    let least = 0;
    yield* inSteps(first, last, (from, to) => {
      for (let index = from; index < to; index++) {
        const offset = samples.composition(index) + (index === moved?.sample ? moved.by : 0);
        runs.push(offset);
        if (offset < least) least = offset;
      }
    });
    return [runTable('ctts', least < 0 ? 1 : 0, runs)];
  }

  *#keys(): Work<Buffer[]> {
    const { track, first, last } = this.#part;
    const { samples } = track;
    if (samples.isKeyEach) return [];
    const found: number[] = [];
    for (let key = samples.keyUpTo(last - 1); key >= first;) {
      found.push(key - first + 1);
      if (found.length % 4096 === 0) yield;
      key = key === 0 ? -1 : samples.keyUpTo(key - 1);
    }
    const numbers = Buffer.allocUnsafe(found.length * 4);
    for (const [at, number] of found.reverse().entries()) numbers.writeUInt32BE(number, at * 4);
    return [fullBox('stss', 0, 0, u32(found.length), numbers)];
  }

  #samplesToChunks(): Buffer {
    const { bytes } = this.#chunkRuns;
    return fullBox('stsc', 0, 0, u32(bytes.length / 12), bytes);
  }

  *#sizes(): Work<Buffer> {
    const { track, first, last } = this.#part;
    const { samples } = track;
    const sizes = new Table(last - first);
    yield* inSteps(first, last, (from, to) => {
      for (let index = from; index < to; index++) sizes.push(samples.size(index));
    });
    return fullBox('stsz', 0, 0, u32(0, last - first), sizes.bytes);
  }
}

/** When a sample is decoded, in the track's ticks; behind the last one: when that ends. */
function timeOf({ samples }: MovieTrack, index: number): number {
  return index < samples.count ? samples.dts(index) : samples.end;
}

function runTable(type: string, version: number, runs: Runs): Buffer {
  const { bytes } = runs;
  return fullBox(type, version, 0, u32(bytes.length / 8), bytes);
}
