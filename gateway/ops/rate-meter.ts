/** A young or bursty counter is spread over at least this long, so that a join is no peak. */
const shortestSpan = 1000;

/**
 * How fast a growing counter grows, over a sliding window. The counter's owner only counts; the
 * meter is shown its total now and then (a few times a window), so the media path pays nothing.
 * Times are ms of any clock that does not jump.
 */
export class RateMeter {
  readonly #window: number;
  readonly #slots: number;
  readonly #times: number[] = [];
  readonly #totals: number[] = [];

  /** `windowMs`: what the rate looks back on; `slots`: totals remembered for it. */
  constructor(windowMs = 5000, slots = 5) {
    this.#window = windowMs;
    this.#slots = slots;
  }

  /** Remembers the total; calls closer together than a slot are not remembered. */
  sample(now: number, total: number): void {
    const times = this.#times;
    const last = times.at(-1);
    if (last !== undefined && now - last < (this.#window / this.#slots) * 0.9) return;
    times.push(now);
    this.#totals.push(total);
    // One total from before the window's start is kept: the window begins there.
    while (times.length > 1 && (times[1] ?? now) <= now - this.#window) {
      times.shift();
      this.#totals.shift();
    }
  }

  /** Growth a second over the window that ends `now` with `total`; 0 before the first sample. */
  perSecond(now: number, total: number): number {
    const [since] = this.#times;
    const [from] = this.#totals;
    if (since === undefined || from === undefined) return 0;
    return Math.max(0, ((total - from) * 1000) / Math.max(shortestSpan, now - since));
  }
}
