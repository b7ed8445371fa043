import { lastUpTo } from './last-up-to.ts';
import { readU32Table, tableEntries } from './box-reader.ts';
import { inSteps, type Work } from './work.ts';

/** Entries from one mark to the next. */
const STRIDE = 64;
/** Behind version, flags and count. */
const HEADER = 8;

/**
 * A table of runs (`stts`, `ctts`; ISO/IEC 14496-12, section 8.6.1): entries of (sample_count, value).
 * It stays in runs, as in the file; marks tell where to look, and who asks for sample after sample
 * is answered from where it stands.
 */
export class RunIndex {
  /** Samples that the runs reach to, at most those asked for. */
  count = 0;
  /** Of the values of those samples. */
  sum = 0;
  /** Pairs of count and value. */
  #table: Uint32Array;
  #entries: number;
  /** For each mark, its entry's first sample, and the sum before it. */
  #firsts: Uint32Array;
  #sums: Float64Array;

  /** The entry that was asked for last: its samples, the sum before them, its value. */
  #entry = -1;
  #first = 0;
  #next = 0;
  #sum = 0;
  #value = 0;

  private constructor(table: Uint32Array) {
    const entries = table.length / 2;
    this.#table = table;
    this.#entries = entries;
    this.#firsts = new Uint32Array(Math.ceil(entries / STRIDE));
    this.#sums = new Float64Array(this.#firsts.length);
  }

  /**
   * @param table content of the box
   * @param limit runs are cut off at so many samples
   * @throws Mp4Error when the table is cut short
   */
  static *read(table: Buffer, type: string, limit: number): Work<RunIndex> {
    const entries = tableEntries(table, type, 8);
    const index = new RunIndex(yield* readU32Table(table, HEADER, entries * 2));
    yield* inSteps(0, index.#entries, (from, to) => index.#count(from, to, limit));
    return index;
  }

  #count(from: number, to: number, limit: number): void {
    const table = this.#table;
    let { count, sum } = this;
    for (let entry = from; entry < to; entry++) {
      if (entry % STRIDE === 0) {
        this.#firsts[entry / STRIDE] = count;
        this.#sums[entry / STRIDE] = sum;
      }
      const length = Math.min(limit - count, table[entry * 2]!);
      count += length;
      sum += length * table[entry * 2 + 1]!;
    }
    this.count = count;
    this.sum = sum;
  }

  /** Bytes that it takes. */
  get byteLength(): number {
    return this.#table.byteLength + this.#firsts.byteLength + this.#sums.byteLength;
  }

  /** The value of a sample, as an unsigned number; 0 behind the last run. */
  value(sample: number): number {
    this.#find(sample);
    return this.#value;
  }

  /** The sum of the values before a sample. */
  before(sample: number): number {
    this.#find(sample);
    return this.#sum + (sample - this.#first) * this.#value;
  }

  /** The runs of the samples from `first` to before `last`, in memory of their own. */
  cut(first: number, last: number): Uint32Array {
    if (last <= first) return new Uint32Array(0);
    this.#find(first);
    const from = this.#entry;
    const before = first - this.#first;
    this.#find(last - 1);
    const entries = this.#entry - from + 1;
    const runs = new Uint32Array(entries * 2);
    runs.set(this.#table.subarray(from * 2, (from + entries) * 2));
    // Behind the last run all values are 0.
    if (this.#entry === this.#entries) runs[runs.length - 2] = last - this.#first;
    else runs[runs.length - 2]! -= this.#next - last;
    runs[0]! -= before;
    return runs;
  }

  #find(sample: number): void {
    if (sample >= this.#next) this.#step();
    if (sample >= this.#first && sample < this.#next) return;
    const low = lastUpTo(this.#firsts, sample);
    this.#entry = low * STRIDE - 1;
    this.#next = this.#firsts[low] ?? 0;
    this.#sum = this.#sums[low] ?? 0;
    this.#first = this.#next;
    this.#value = 0;
    while (sample >= this.#next) this.#step();
  }

  /** Goes to the next entry. */
  #step(): void {
    this.#sum += (this.#next - this.#first) * this.#value;
    this.#first = this.#next;
    this.#entry = Math.min(this.#entry + 1, this.#entries);
    if (this.#entry === this.#entries) {
      this.#value = 0;
      this.#next = Infinity;
      return;
    }
    this.#next += this.#table[this.#entry * 2]!;
    this.#value = this.#table[this.#entry * 2 + 1]!;
  }
}
