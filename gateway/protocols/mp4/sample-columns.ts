import { Mp4Error } from './errors.ts';
import { MAX_SAMPLES, numberColumn, type SampleTable } from './movie.ts';

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

/** A sample table that grows. */
export class SampleColumns {
  count = 0;
  #offsets = new Float64Array(1024);
  #sizes = new Uint32Array(1024);
  #dts = new Float64Array(1024);
  #composition = new Int32Array(1024);
  #keys = new Uint8Array(1024);
  #reordered = false;
  #deltas = false;

  /** Decoding time of the newest sample; 0 before there is one. */
  get newest(): number {
    return this.count === 0 ? 0 : this.#dts[this.count - 1]!;
  }

  /** @throws Mp4Error `MP4_TOO_LARGE` */
  push({ offset, size, dts, composition, key }: NewSample): void {
    if (this.count === MAX_SAMPLES) {
      throw new Mp4Error('MP4_TOO_LARGE', `A track has more than ${MAX_SAMPLES} samples.`);
    }
    if (this.count === this.#sizes.length) this.#grow();
    const index = this.count++;
    this.#offsets[index] = offset;
    this.#sizes[index] = size;
    this.#dts[index] = dts;
    this.#composition[index] = composition;
    this.#keys[index] = key ? 1 : 0;
    this.#reordered ||= composition !== 0;
    this.#deltas ||= !key;
  }

  /** The table, with the columns as narrow as can be. @param end when the last sample ends */
  table(end: number): SampleTable {
    const { count } = this;
    const offsets = numberColumn(count, this.#offsets[count - 1] ?? 0);
    offsets.set(this.#offsets.subarray(0, count));
    const dts = numberColumn(count, end);
    dts.set(this.#dts.subarray(0, count));
    return {
      count,
      offsets,
      sizes: this.#sizes.slice(0, count),
      dts,
      composition: this.#reordered ? this.#composition.slice(0, count) : undefined,
      keys: this.#deltas ? this.#keys.slice(0, count) : undefined,
      end,
    };
  }

  #grow(): void {
    const size = this.#sizes.length * 2;
    const larger = <T extends Float64Array | Uint32Array | Int32Array | Uint8Array>(
      from: T,
      to: T,
    ): T => {
      to.set(from);
      return to;
    };
    this.#offsets = larger(this.#offsets, new Float64Array(size));
    this.#sizes = larger(this.#sizes, new Uint32Array(size));
    this.#dts = larger(this.#dts, new Float64Array(size));
    this.#composition = larger(this.#composition, new Int32Array(size));
    this.#keys = larger(this.#keys, new Uint8Array(size));
  }
}
