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
/** What is ahead swings by this much, over a window, without any fault of the network. */
const USUAL_SWING = 0.15;
/** Kept in hand beyond what the data swings by, once swings have stopped the picture. */
const MARGIN = 0.05;
/** The most that is kept in hand for swings, beyond which they are the network's to solve. */
const MAX_RESERVE = 1;
/** A swing is remembered this long. */
const MEMORY = 1;
/** Stalls in faster succession are one outage. */
const ONE_OUTAGE = 0.5;
/** A stall so long after the one before it says nothing of the next. */
const LONG_AGO = 30;

export type Steering =
  | { readonly action: 'rate'; readonly rate: number }
  /** Jump so that this much stays buffered ahead. */
  | { readonly action: 'jump'; readonly leave: number };

export class LiveEdge {
  readonly #target: number;
  #reserve = 0;
  #samples: { at: number; ahead: number }[] = [];
  #swings: { at: number; swing: number }[] = [];
  #stalledAt = -Infinity;
  /** The picture has stopped more than once of late. */
  #stallsAgain = false;
  #startedAt: number | undefined;
  #jumpedAtStart = false;

  /** `target`: seconds that should always be buffered ahead, at least. */
  constructor(target: number) {
    this.#target = target;
  }

  /** What is to be kept buffered ahead: the target and what an unsteady network asks for besides. */
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
    const all = this.#samples.map((sample) => sample.ahead);
    const least = Math.min(...all);
    this.#keepInHand(now, Math.max(...all) - least);
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
   * The picture stood still for want of data. From a second time within half a minute on, as much is
   * kept in hand as the data swings by, until it comes steadily; a single outage says nothing of the
   * next.
   */
  stalled(now: number): void {
    const since = now - this.#stalledAt;
    if (since > ONE_OUTAGE) this.#stallsAgain = since < LONG_AGO;
    this.#stalledAt = now;
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

  /** `swing`: the most that was ahead of late, less the least. */
  #keepInHand(now: number, swing: number): void {
    this.#swings.push({ at: now, swing });
    this.#swings = this.#swings.filter(({ at }) => at > now - MEMORY);
    const most = Math.max(...this.#swings.map((one) => one.swing));
    const unsteady = this.#stallsAgain && most > USUAL_SWING;
    // A target that is larger than the swings solves them already.
    const needed = unsteady ? Math.max(0, most + MARGIN - this.#target) : 0;
    this.#reserve = Math.min(MAX_RESERVE, needed);
  }
}
