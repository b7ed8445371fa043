/** How many streams may be encoded anew at a time, and which are. */
export class TranscodeBudget {
  readonly #limit: () => number;
  readonly #holders = new Set<object>();

  /** `limit` is asked each time, so that a reload applies. */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#holders.size;
  }

  /** Takes a place (again, if it is held already); false when none is free. */
  take(holder: object): boolean {
    if (this.#holders.has(holder)) return true;
    if (this.#holders.size >= this.#limit()) return false;
    this.#holders.add(holder);
    return true;
  }

  give(holder: object): void {
    this.#holders.delete(holder);
  }
}
