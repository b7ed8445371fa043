import { box, fullBox, u32, writeU64 } from './box.ts';
import type { TrackPart } from './progressive-writer.ts';

/** Equal values in a row, counted. */
export class Runs {
  readonly entries: [count: number, value: number][] = [];

  /** Adds a pair as it is. */
  add(count: number, value: number): void {
    this.entries.push([count, value]);
  }

  /** Adds one more value. */
  push(value: number): void {
    const last = this.entries.at(-1);
    if (last?.[1] === value) last[0]++;
    else this.entries.push([1, value]);
  }
}

/** A list of numbers that grows. */
class Numbers {
  #values = new Float64Array(64);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Float64Array(this.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  /** Big-endian, 4 bytes each, or 8. */
  bytes(large = false): Buffer {
    const bytes = Buffer.allocUnsafe(this.length * (large ? 8 : 4));
    for (let index = 0; index < this.length; index++) {
      const value = this.#values[index]!;
      if (large) writeU64(bytes, index * 8, value);
      else bytes.writeUInt32BE(value >>> 0, index * 4);
    }
    return bytes;
  }
}

/** Writes the sample table (ISO/IEC 14496-12, sections 8.6 and 8.7) of a part of a track. */
export class SampleWriter {
  #part: TrackPart;
  #chunkOffsets = new Numbers();
  /** Samples of each chunk. */
  #chunks = new Runs();
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
      fullBox(
        large ? 'co64' : 'stco',
        0,
        0,
        u32(this.#chunkOffsets.length),
        this.#chunkOffsets.bytes(large),
      ),
    );
  }

  #endChunk(): void {
    if (this.#inChunk > 0) this.#chunks.push(this.#inChunk);
    this.#inChunk = 0;
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
    const numbers = new Numbers();
    for (let index = first; index < last; index++) {
      if (keys[index] === 1) numbers.push(index - first + 1);
    }
    return [fullBox('stss', 0, 0, u32(numbers.length), numbers.bytes())];
  }

  #samplesToChunks(): Buffer {
    const table = new Numbers();
    let chunk = 1;
    for (const [count, samples] of this.#chunks.entries) {
      table.push(chunk);
      table.push(samples);
      table.push(1); // the only sample entry
      chunk += count;
    }
    return fullBox('stsc', 0, 0, u32(this.#chunks.entries.length), table.bytes());
  }

  #sizes(): Buffer {
    const { track, first, last } = this.#part;
    const sizes = new Numbers();
    for (let index = first; index < last; index++) sizes.push(track.samples.sizes[index]!);
    return fullBox('stsz', 0, 0, u32(0, last - first), sizes.bytes());
  }
}

function runTable(type: string, version: number, runs: Runs): Buffer {
  const numbers = new Numbers();
  for (const [count, value] of runs.entries) {
    numbers.push(count);
    numbers.push(value);
  }
  return fullBox(type, version, 0, u32(runs.entries.length), numbers.bytes());
}
