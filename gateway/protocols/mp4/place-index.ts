import { lastUpTo } from './last-up-to.ts';
import { findBox, needBox, readU32Table, tableEntries } from './box-reader.ts';
import { Mp4Error } from './errors.ts';
import { inSteps, type Work } from './work.ts';

/** Runs of chunks from one mark to the next. */
const STRIDE = 64;
/** Samples from one sum of sizes to the next. */
const SUM_STRIDE = 256;
/** In chunks of more samples the sizes before a sample are not added up each time. */
const LONG_CHUNK = 1024;
/** Behind version, flags and count. */
const HEADER = 8;

/**
 * Where the samples of a track lie: the tables of chunks (`stco`/`co64`: their offsets; `stsc`: runs
 * of first_chunk, samples_per_chunk, description; ISO/IEC 14496-12, sections 8.7.4 and 8.7.5). They
 * stay runs and chunks, as in the file; marks tell where to look.
 */
export class PlaceIndex {
  /** An offset each, two numbers where it has 64 bits. */
  #chunks: Uint32Array;
  #large: boolean;
  #chunkCount: number;
  /** Three numbers each. */
  #runs: Uint32Array;
  #runCount: number;
  #sizeOf: (sample: number) => number;
  #fileSize: number;
  /** For each mark, its run's first sample; Infinity behind the last sample. */
  #firsts: Float64Array;
  #samples = 0;
  #longest = 0;
  /** Bytes of the samples before each 256th, where there are long chunks. */
  #sums: Float64Array | undefined;

  /** The sample that was asked for last, where it lies, and the first one of the next chunk. */
  #sample = 0;
  #offset = 0;
  #next = 0;
  /** Its run: the samples from #runFirst to before #runEnd, in chunks (from 1) from #firstChunk on. */
  #run = -1;
  #runFirst = 0;
  #runEnd = 0;
  #firstChunk = 0;
  #perChunk = 0;

  private constructor(
    chunks: Uint32Array,
    large: boolean,
    runs: Uint32Array,
    sizeOf: (sample: number) => number,
    fileSize: number,
  ) {
    this.#large = large;
    this.#chunks = chunks;
    this.#chunkCount = large ? chunks.length / 2 : chunks.length;
    this.#runs = runs;
    this.#runCount = runs.length / 3;
    this.#sizeOf = sizeOf;
    this.#fileSize = fileSize;
    this.#firsts = new Float64Array(Math.ceil(this.#runCount / STRIDE));
  }

  /**
   * @param stbl content of the box
   * @param sizeOf bytes of a sample
   * @param fileSize bytes; samples must lie inside
   * @throws Mp4Error
   */
  static *read(
    stbl: Buffer,
    count: number,
    sizeOf: (sample: number) => number,
    fileSize: number,
  ): Work<PlaceIndex> {
    const large = findBox(stbl, 'co64');
    const stco = large ?? needBox(stbl, 'stco', HEADER);
    const chunkCount = tableEntries(stco, large ? 'co64' : 'stco', large ? 8 : 4);
    const chunks = yield* readU32Table(stco, HEADER, large ? chunkCount * 2 : chunkCount);
    const stsc = needBox(stbl, 'stsc', HEADER);
    const runs = yield* readU32Table(stsc, HEADER, tableEntries(stsc, 'stsc', 12) * 3);
    const index = new PlaceIndex(chunks, large !== undefined, runs, sizeOf, fileSize);
    yield* inSteps(0, index.#runCount, (from, to) => index.#count(from, to, count));
    if (index.#samples < count) {
      const found = `${count} samples, and places for ${index.#samples}`;
      throw new Mp4Error('MP4_INVALID', `A track has ${found}.`);
    }
    if (index.#longest > LONG_CHUNK) yield* index.#addUp(count);
    // A file that was cut short lacks its last samples.
    if (count > 0) index.offset(count - 1);
    return index;
  }

  /** Bytes that it takes. */
  get byteLength(): number {
    const marks = this.#firsts.byteLength + (this.#sums?.byteLength ?? 0);
    return this.#chunks.byteLength + this.#runs.byteLength + marks;
  }

  /**
   * Where a sample begins, bytes from the file's begin.
   * @throws Mp4Error when the file ends before the sample does
   */
  offset(sample: number): number {
    if (sample === this.#sample + 1 && sample < this.#next) {
      this.#offset += this.#sizeOf(this.#sample);
    } else if (sample !== this.#sample || this.#next === 0) {
      this.#offset = this.#find(sample);
    }
    this.#sample = sample;
    const end = this.#offset + this.#sizeOf(sample);
    if (end <= this.#fileSize) return this.#offset;
    const message = `Media lies at byte ${end}; the file has ${this.#fileSize} bytes.`;
    throw new Mp4Error('MP4_TRUNCATED', message);
  }

  #find(sample: number): number {
    if (sample >= this.#runEnd) this.#enterRun(this.#run + 1, this.#runEnd);
    if (sample < this.#runFirst || sample >= this.#runEnd) {
      const low = lastUpTo(this.#firsts, sample);
      this.#enterRun(low * STRIDE, this.#firsts[low]!);
      while (sample >= this.#runEnd) this.#enterRun(this.#run + 1, this.#runEnd);
    }
    const perChunk = this.#perChunk;
    const chunk = Math.floor((sample - this.#runFirst) / perChunk);
    const begin = this.#runFirst + chunk * perChunk;
    this.#next = begin + perChunk;
    const at = this.#firstChunk - 1 + chunk;
    const chunks = this.#chunks;
    const offset = this.#large ? chunks[at * 2]! * 2 ** 32 + chunks[at * 2 + 1]! : chunks[at]!;
    return offset + this.#bytes(begin, sample);
  }

  #enterRun(run: number, first: number): void {
    this.#run = run;
    this.#runFirst = first;
    if (run >= this.#runCount) {
      this.#runEnd = Infinity;
      return;
    }
    const behind = this.#chunkCount + 1;
    const next = run + 1 < this.#runCount ? this.#runs[run * 3 + 3]! : behind;
    this.#firstChunk = this.#runs[run * 3]!;
    this.#perChunk = this.#runs[run * 3 + 1]!;
    this.#runEnd = first + (Math.min(next, behind) - this.#firstChunk) * this.#perChunk;
  }

  /** Counts the samples of runs, and sets the marks. */
  #count(from: number, to: number, limit: number): void {
    const runs = this.#runs;
    const behind = this.#chunkCount + 1;
    const isLast = to === this.#runCount;
    let samples = this.#samples;
    let longest = this.#longest;
    let first = runs[from * 3]!;
    for (let run = from; run < to; run++) {
      if (run % STRIDE === 0) this.#firsts[run / STRIDE] = samples;
      const perChunk = runs[run * 3 + 1]!;
      const next = isLast && run === to - 1 ? behind : runs[run * 3 + 3]!;
      if (samples < limit) {
        if (perChunk === 0 || first === 0 || next <= first || first >= behind) {
          const what = `${perChunk} samples in each chunk from ${first} to before ${next}`;
          throw new Mp4Error('MP4_INVALID', `A run of chunks (stsc) makes no sense: ${what}.`);
        }
        if (perChunk > longest) longest = perChunk;
        samples += (Math.min(next, behind) - first) * perChunk;
      } else {
        samples = Infinity;
      }
      first = next;
    }
    this.#samples = samples;
    this.#longest = longest;
  }

  *#addUp(count: number): Work<void> {
    const sums = new Float64Array(Math.ceil(count / SUM_STRIDE));
    const sizeOf = this.#sizeOf;
    let sum = 0;
    yield* inSteps(0, count, (from, to) => {
      for (let sample = from; sample < to; sample++) {
        if (sample % SUM_STRIDE === 0) sums[sample / SUM_STRIDE] = sum;
        sum += sizeOf(sample);
      }
    });
    this.#sums = sums;
  }

  /** Bytes of the samples from `first` to before `last`. */
  #bytes(first: number, last: number): number {
    if (this.#sums && last - first > SUM_STRIDE) return this.#before(last) - this.#before(first);
    let bytes = 0;
    for (let sample = first; sample < last; sample++) bytes += this.#sizeOf(sample);
    return bytes;
  }

  #before(sample: number): number {
    const mark = Math.floor(sample / SUM_STRIDE);
    return this.#sums![mark]! + this.#bytes(mark * SUM_STRIDE, sample);
  }
}
