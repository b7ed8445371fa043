/**
 * A sliding window over packet indices (RFC 3711, 3.3.2): says which index was seen already.
 * The window is a ring of bits of which `highest` is the newest.
 */
export class ReplayWindow {
  readonly #size: number;
  readonly #seen: Uint8Array;
  #highest = -1;

  /** `size` indices behind the highest are remembered; older ones count as seen. */
  constructor(size = 1024) {
    this.#size = size;
    this.#seen = new Uint8Array(size);
  }

  get highest(): number {
    return this.#highest;
  }

  /** True when the packet is new and not too old. Changes nothing: authenticate first. */
  isFresh(index: number): boolean {
    if (index > this.#highest) return true;
    if (this.#highest - index >= this.#size) return false;
    return this.#seen[index % this.#size] === 0;
  }

  /** Marks an authentic packet's index as seen. */
  accept(index: number): void {
    if (index > this.#highest) {
      const gap = Math.min(index - this.#highest, this.#size);
      for (let step = 1; step <= gap; step++) this.#seen[(index - gap + step) % this.#size] = 0;
      this.#highest = index;
    }
    this.#seen[index % this.#size] = 1;
  }
}
