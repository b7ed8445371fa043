/** Equal values in a row, counted: pairs of how many, which (`stts`, `ctts`). */
export class Runs {
  #pairs: Uint32Array;
  #length = 0;
  #value = 0;

  /** @param most values that may come; memory that is not written to costs nothing */
  constructor(most: number) {
    this.#pairs = new Uint32Array(most * 2);
  }

  /** @param value its low 32 bits count */
  push(value: number): void {
    if (value !== this.#value || this.#length === 0) {
      this.#value = value;
      this.#pairs[this.#length + 1] = value;
      this.#length += 2;
    }
    this.#pairs[this.#length - 2]!++;
  }

  get pairs(): Uint32Array {
    return this.#pairs.subarray(0, this.#length);
  }
}

/** Runs of which one value, of the sample counted from 0, is another. */
export function withOther(runs: Uint32Array, sample: number, by: number): Uint32Array {
  let run = 0;
  let before = sample;
  while (run < runs.length && before >= runs[run]!) {
    before -= runs[run]!;
    run += 2;
  }
  if (run >= runs.length) return runs;
  const [count, value] = [runs[run]!, runs[run + 1]!];
  const parts = [before, value, 1, value + by, count - before - 1, value];
  const wanted = [0, 2, 4].flatMap((at) => (parts[at]! > 0 ? [parts[at]!, parts[at + 1]!] : []));
  const split = new Uint32Array(runs.length - 2 + wanted.length);
  split.set(runs.subarray(0, run));
  split.set(wanted, run);
  split.set(runs.subarray(run + 2), run + wanted.length);
  return split;
}
