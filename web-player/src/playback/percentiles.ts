/** The last observations of a quantity, and the values that given shares of them do not exceed. */
export class Percentiles {
  readonly #values: Float64Array;
  #count = 0;
  #next = 0;

  /** `size`: how many of the last observations count. */
  constructor(size: number) {
    this.#values = new Float64Array(size);
  }

  add(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#values.length;
    this.#count = Math.min(this.#count + 1, this.#values.length);
  }

  get count(): number {
    return this.#count;
  }

  /** The smallest observation that at least `share` (0 to 1) of all do not exceed; `undefined` when none. */
  at(share: number): number | undefined {
    const sorted = this.#values.slice(0, this.#count).sort();
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  }

  clear(): void {
    this.#count = 0;
    this.#next = 0;
  }
}
