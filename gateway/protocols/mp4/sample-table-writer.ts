import { box, fullBox, u32 } from './box.ts';
import type { TrackPart } from './progressive-writer.ts';

/** A table of big-endian numbers that grows, 4 bytes each. */
class Table {
  #bytes = Buffer.allocUnsafe(4096);
  length = 0;

  /** Adds the low 32 bits of a number. */
  push(value: number): void {
    if (this.length === this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes, Buffer.allocUnsafe(this.length)]);
    }
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
  #table = new Table();
  #value = 0;
  #count = 0;

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
  #chunkOffsets = new Table();
  #chunkCount = 0;
  /** `stsc`: a chunk's number, its samples and their description, where the samples change. */
  #chunkRuns = new Table();
  #samplesPerChunk = 0;
  #inChunk = 0;

  constructor(part: TrackPart) {
    this.#part = part;
  }

  /**
   * Tells where the next sample lies.
   * @param follows right behind the one before, in the same chunk
   * @param offset from the media's first byte
   */
  add(follows: boolean, offset: number): void {
    if (!follows) {
      this.#endChunk();
      this.#chunkCount++;
      this.#chunkOffsets.push(Math.floor(offset / 2 ** 32));
      this.#chunkOffsets.push(offset);
    }
    this.#inChunk++;
  }

  /** The media's duration in the track's ticks. */
  get duration(): number {
    const { track, first, last } = this.#part;
    const { dts, end, count } = track.samples;
    return (last < count ? dts[last]! : end) - dts[first]!;
  }

  /** More bytes than the table takes. */
  get sizeBound(): number {
    const { first, last, track } = this.#part;
    return 2048 + track.entry.length + (last - first) * 48;
  }

  /** @param large chunk offsets have 64 bits */
  table(large: boolean): Buffer {
    this.#endChunk();
    const { track } = this.#part;
    return box(
      'stbl',
      fullBox('stsd', 0, 0, u32(1), track.entry),
      this.#times(),
      ...this.#composition(),
      ...this.#keys(),
      this.#samplesToChunks(),
      this.#sizes(),
      fullBox(large ? 'co64' : 'stco', 0, 0, u32(this.#chunkCount), this.#offsets(large)),
    );
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

  #offsets(large: boolean): Buffer {
    const { bytes } = this.#chunkOffsets;
    if (large) return bytes;
    const low = Buffer.allocUnsafe(bytes.length / 2);
    for (let at = 0; at < low.length; at += 4) bytes.copy(low, at, at * 2 + 4, at * 2 + 8);
    return low;
  }

  #times(): Buffer {
    const { track, first, last } = this.#part;
    const { dts, end, count } = track.samples;
    const runs = new Runs();
    for (let index = first; index < last; index++) {
      runs.push((index + 1 < count ? dts[index + 1]! : end) - dts[index]!);
    }
    return runTable('stts', 0, runs);
  }

  #composition(): Buffer[] {
    const { track, first, last } = this.#part;
    const { composition } = track.samples;
    if (!composition) return [];
    const runs = new Runs();
    let least = 0;
    for (let index = first; index < last; index++) {
      const offset = composition[index]!;
      runs.push(offset);
      if (offset < least) least = offset;
    }
    return [runTable('ctts', least < 0 ? 1 : 0, runs)];
  }

  #keys(): Buffer[] {
    const { track, first, last } = this.#part;
    const { keys } = track.samples;
    if (!keys) return [];
    const numbers = new Table();
    for (let index = first; index < last; index++) {
      if (keys[index] === 1) numbers.push(index - first + 1);
    }
    const { bytes } = numbers;
    return [fullBox('stss', 0, 0, u32(bytes.length / 4), bytes)];
  }

  #samplesToChunks(): Buffer {
    const { bytes } = this.#chunkRuns;
    return fullBox('stsc', 0, 0, u32(bytes.length / 12), bytes);
  }

  #sizes(): Buffer {
    const { track, first, last } = this.#part;
    const sizes = Buffer.from(track.samples.sizes.slice(first, last).buffer);
    if (IS_LITTLE_ENDIAN) sizes.swap32();
    return fullBox('stsz', 0, 0, u32(0, last - first), sizes);
  }
}

const IS_LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

function runTable(type: string, version: number, runs: Runs): Buffer {
  const { bytes } = runs;
  return fullBox(type, version, 0, u32(bytes.length / 8), bytes);
}
