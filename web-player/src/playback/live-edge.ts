/**
 * Keeps a media element near the live edge: from how much is buffered ahead of the picture, it says
 * at which rate to play, or where to jump. Free of DOM and clock; times are seconds.
 */

/** Never faster than this: beyond it, speech sounds hurried. */
export const MAX_RATE = 1.1;
/** Further behind than this, playing faster would take too long. */
const JUMP_BEYOND = 1;
/** The same right after the start or a stall, when what was cached or held up comes at once. */
const JUMP_BEYOND_AT_START = 0.25;
/** How long the start lasts. */
const START = 2;
/**
 * A jump takes the browser about this long, in which more data comes; so the place to jump to may
 * well be one that has not come yet.
 */
const JUMP_TAKES = 0.2;
/** Samples are judged over this time, because data comes in bursts. */
const WINDOW = 0.6;
/** Further from the target than this, it plays as fast as it may; nearer, gently. */
const HURRY_BEYOND = 0.06;
const GENTLE_RATE = 1.04;
/** Closer to the target than this, the rate stays 1. */
const TOLERANCE = 0.015;
/** The reserve that stalls may build up, beyond which they are the network's to solve. */
const MAX_RESERVE = 1;
/** It melts by so much a second, after so long without a stall: twice as long after each relapse. */
const MELTING = 0.06;
const MELTS_AFTER = 1.5;
const MELTS_AFTER_AT_MOST = 24;
/** A stall this soon after the reserve began to melt is a relapse. */
const RELAPSE = 6;

export type Steering =
  | { readonly action: 'rate'; readonly rate: number }
  /** Jump so that this much stays buffered ahead. */
  | { readonly action: 'jump'; readonly leave: number };

export class LiveEdge {
  readonly #target: number;
  #reserve = 0;
  #samples: { at: number; ahead: number }[] = [];
  #lastStall = -Infinity;
  #relaxedAt = -Infinity;
  #meltsAfter = MELTS_AFTER;
  #startedAt: number | undefined;
  #jumpedAtStart = false;

  /** `target`: seconds that should always be buffered ahead, at least. */
  constructor(target: number) {
    this.#target = target;
  }

  /** What is to be kept buffered ahead: the target and what stalls have added to it. */
  get target(): number {
    return this.#target + this.#reserve;
  }

  /** What a jump is to leave ahead of the picture; negative for a place that is still to come. */
  get leave(): number {
    return this.target - JUMP_TAKES;
  }

  /**
   * Judges one observation: `ahead` seconds are buffered ahead of the picture at time `now` (any
   * origin, never going back).
   */
  observe(now: number, ahead: number): Steering {
    this.#startedAt ??= now;
    this.#samples.push({ at: now, ahead });
    this.#samples = this.#samples.filter((sample) => sample.at > now - WINDOW);
    this.#relax(now);
    const least = Math.min(...this.#samples.map((sample) => sample.ahead));
    const excess = least - this.target;
    const starting = !this.#jumpedAtStart && now - this.#startedAt < START;
    if (excess > (starting ? JUMP_BEYOND_AT_START : JUMP_BEYOND)) {
      this.#samples = [];
      this.#jumpedAtStart = true;
      return { action: 'jump', leave: this.leave };
    }
    if (excess <= TOLERANCE) return { action: 'rate', rate: 1 };
    return { action: 'rate', rate: excess > HURRY_BEYOND ? MAX_RATE : GENTLE_RATE };
  }

  /**
   * The picture stood still for want of data. A second time within half a minute, more is kept in
   * hand from then on; a single outage says nothing of the next.
   */
  stalled(now: number): void {
    const since = now - this.#lastStall;
    // One outage often shows as several stalls in a row; it counts once.
    if (since > 2 && since < 30) {
      this.#reserve = Math.min(MAX_RESERVE, this.#reserve + Math.max(0.05, this.target * 0.3));
      const isRelapse = since > this.#meltsAfter && since < this.#meltsAfter + RELAPSE;
      if (isRelapse) this.#meltsAfter = Math.min(MELTS_AFTER_AT_MOST, this.#meltsAfter * 2);
    } else if (since >= 30) {
      this.#meltsAfter = MELTS_AFTER;
    }
    this.#lastStall = now;
    this.#begin(now);
  }

  /** Forgets what was seen, after a jump. */
  reset(): void {
    this.#samples = [];
  }

  /** What was held up comes at once, as at the start: the picture that stood may as well jump. */
  #begin(now: number): void {
    this.#samples = [];
    this.#startedAt = now;
    this.#jumpedAtStart = false;
  }

  /** Without stalls for a while, the extra reserve melts away. */
  #relax(now: number): void {
    const from = this.#lastStall + this.#meltsAfter;
    if (this.#reserve === 0 || now < from) return;
    const since = Math.max(from, this.#relaxedAt);
    this.#reserve = Math.max(0, this.#reserve - (now - since) * MELTING);
    this.#relaxedAt = now;
  }
}
