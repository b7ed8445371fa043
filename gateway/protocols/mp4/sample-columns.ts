import { Mp4Error } from './errors.ts';
import { MAX_SAMPLES, type SampleTable } from './movie.ts';
import { Runs } from './runs.ts';
import { inSteps, type Work } from './work.ts';

/** One sample on its way into a table; times in the track's ticks. */
export interface NewSample {
  readonly offset: number;
  readonly size: number;
  /** Not before the sample before. */
  readonly dts: number;
  /** Presentation time less decoding time. */
  readonly composition: number;
  readonly key: boolean;
}

/** A sample table that grows, a column for each figure. */
export class SampleColumns implements SampleTable {
  count = 0;
  isReordered = false;
  isKeyEach = true;
  /** How long the newest sample lasts; its writer knows. */
  lastDuration = 0;
  #offsets = new Float64Array(1024);
  #sizes = new Uint32Array(1024);
  #dts = new Float64Array(1024);
  #composition = new Int32Array(1024);
  /** The last key up to each sample, plus 1. */
  #keys = new Uint32Array(1024);

  /** Decoding time of the newest sample; 0 before there is one. */
  get newest(): number {
    return this.count === 0 ? 0 : this.#dts[this.count - 1]!;
  }

  get end(): number {
    return this.newest + this.lastDuration;
  }

  get byteLength(): number {
    return this.#sizes.length * 28;
  }

  offset(index: number): number {
    return this.#offsets[index]!;
  }

  size(index: number): number {
    return this.#sizes[index]!;
  }

  dts(index: number): number {
    return this.#dts[index]!;
  }

  composition(index: number): number {
    return this.#composition[index]!;
  }

  keyUpTo(index: number): number {
    return this.#keys[index]! - 1;
  }

  sizes(first: number, last: number): Uint32Array {
    return this.#sizes.slice(first, last);
  }

  *durations(first: number, last: number): Work<Uint32Array> {
    return yield* runsOf(
      first,
      last,
      (index) => (index + 1 < this.count ? this.#dts[index + 1]! : this.end) - this.#dts[index]!,
    );
  }

  *compositions(first: number, last: number): Work<Uint32Array> {
    return yield* runsOf(first, last, (index) => this.#composition[index]!);
  }

  keys(first: number, last: number): Uint32Array | undefined {
    if (this.isKeyEach) return undefined;
    const found: number[] = [];
    for (let key = this.keyUpTo(last - 1); key >= first; key = this.keyUpTo(key - 1)) {
      found.push(key);
      if (key === 0) break;
    }
    return Uint32Array.from(found.reverse());
  }

  /** @throws Mp4Error `MP4_TOO_LARGE` */
  push({ offset, size, dts, composition, key }: NewSample): void {
    if (this.count === MAX_SAMPLES) {
      throw new Mp4Error('MP4_TOO_LARGE', `A track has more than ${MAX_SAMPLES} samples.`);
    }
    if (this.count === this.#sizes.length) this.#resize(this.count * 2);
    const index = this.count++;
    this.#offsets[index] = offset;
    this.#sizes[index] = size;
    this.#dts[index] = dts;
    this.#composition[index] = composition;
    this.#keys[index] = key ? index + 1 : (this.#keys[index - 1] ?? 0);
    this.isReordered ||= composition !== 0;
    this.isKeyEach &&= key;
  }

  /** Gives back the memory that was held ready for more. */
  trim(): void {
    this.#resize(this.count);
  }

  #resize(size: number): void {
    const resized = <T extends Float64Array | Uint32Array | Int32Array>(from: T, to: T): T => {
      to.set(from.subarray(0, this.count));
      return to;
    };
    this.#offsets = resized(this.#offsets, new Float64Array(size));
    this.#sizes = resized(this.#sizes, new Uint32Array(size));
    this.#dts = resized(this.#dts, new Float64Array(size));
    this.#composition = resized(this.#composition, new Int32Array(size));
    this.#keys = resized(this.#keys, new Uint32Array(size));
  }
}

function* runsOf(first: number, last: number, of: (index: number) => number): Work<Uint32Array> {
  const runs = new Runs(last - first);
  yield* inSteps(first, last, (from, to) => {
    for (let index = from; index < to; index++) runs.push(of(index));
  });
  return runs.pairs;
}
