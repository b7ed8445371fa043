/**
 * What waits until it is due, in the order of coming: decoded frames on their way to the screen. Free
 * of DOM and clock; times are milliseconds of any origin.
 */
export class DueQueue<T> {
  readonly #most: number;
  #waiting: { readonly item: T; readonly due: number }[] = [];

  /** `most`: so many wait at most. */
  constructor(most: number) {
    this.#most = most;
  }

  add(item: T, due: number): void {
    this.#waiting.push({ item, due });
  }

  /**
   * Of all that is due at `now`, the newest, and those that it has overtaken. When too many wait, the
   * oldest is due: shown too early, the picture still moves; left out, none would ever be shown.
   */
  take(now: number): { readonly item: T | undefined; readonly overtaken: T[] } {
    const due = this.#waiting.findLastIndex((one) => one.due <= now);
    const last = Math.max(due, this.#waiting.length - this.#most - 1);
    const overtaken = this.#waiting.splice(0, last + 1).map(({ item }) => item);
    return { item: overtaken.pop(), overtaken };
  }

  /** Takes out all but the newest. */
  takeAllButLast(): T[] {
    return this.#waiting.splice(0, this.#waiting.length - 1).map(({ item }) => item);
  }

  /** Takes out everything. */
  clear(): T[] {
    return this.#waiting.splice(0).map(({ item }) => item);
  }

  /** When the next is due. */
  get next(): number | undefined {
    return this.#waiting.length === 0
      ? undefined
      : Math.min(...this.#waiting.map(({ due }) => due));
  }

  /** When the last is due. */
  get end(): number | undefined {
    return this.#waiting.at(-1)?.due;
  }
}
