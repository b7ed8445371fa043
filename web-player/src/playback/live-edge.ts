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
/** A picture that stands though this much more than the target is there does not move by itself. */
const STANDS_BEYOND = 0.1;
/** After a jump the browser is left alone this long: on a busy machine it takes its time. */
const AFTER_JUMP = 0.5;
/** What is ahead grew by this since the last look: something held up is coming, and more of it may. */
const BURST = 0.15;
/** Samples are judged over this time, because data comes in bursts. */
const WINDOW = 0.6;
/** Further from the target than this, it plays as fast as it may; nearer, gently. */
const HURRY_BEYOND = 0.06;
const GENTLE_RATE = 1.04;
/** Closer to the target than this, the rate stays 1. */
const TOLERANCE = 0.015;
/** What is ahead swings by this much, over a window, without any fault of the network. */
const USUAL_SWING = 0.15;
/** The most that is kept in hand for swings, beyond which they are the network's to solve. */
const MAX_RESERVE = 1;
/** A swing is remembered this long. */
const MEMORY = 0.6;
/** Stalls in faster succession are one outage. */
const ONE_OUTAGE = 0.5;
/** A stall so long after the one before it, with nothing kept in hand, says nothing of the next. */
const LONG_AGO = 5;

/** What to do: play at a rate, or jump so that the target stays buffered ahead. */
export type Steering =
  { readonly action: 'rate'; readonly rate: number } | { readonly action: 'jump' };

const STAY: Steering = { action: 'rate', rate: 1 };

interface Sample {
  readonly at: number;
  readonly ahead: number;
  readonly isStanding: boolean;
}

export class LiveEdge {
  readonly #target: number;
  #reserve = 0;
  #samples: Sample[] = [];
  #swings: { at: number; swing: number }[] = [];
  #stalledAt = -Infinity;
  /** The picture has stopped more than once of late. */
  #stallsAgain = false;
  #startedAt: number | undefined;
  #jumpedAt = -Infinity;
  /** When the last of what was cached or held up came. */
  #judgedFrom = -Infinity;
  #jumpedAtStart = false;

  /** `target`: seconds that should always be buffered ahead, at least. */
  constructor(target: number) {
    this.#target = target;
  }

  /** What is to be kept buffered ahead: the target and what an unsteady network asks for besides. */
  get target(): number {
    return this.#target + this.#reserve;
  }

  /**
   * Judges one observation: `ahead` seconds are buffered ahead of the picture at time `now` (any
   * origin, never going back); `isStanding`: the picture does not move.
   */
  observe(now: number, ahead: number, isStanding = false): Steering {
    const isBurst = ahead - (this.#samples.at(-1)?.ahead ?? ahead) > BURST;
    this.#samples = this.#samples.filter(({ at }) => at > now - WINDOW);
    this.#samples.push({ at: now, ahead, isStanding });
    if (isStanding) this.#begin(now);
    this.#startedAt ??= now;
    const steering = isStanding ? this.#start(now, ahead) : this.#steer(now, isBurst);
    // What is jumped over is no habit of the network.
    if (steering.action === 'rate') this.#keepInHand(now);
    return steering;
  }

  /** A picture that stands has nothing to lose by a jump. */
  #start(now: number, ahead: number): Steering {
    const isEnough = ahead - this.target > STANDS_BEYOND;
    return isEnough && this.#mayJump(now) ? { action: 'jump' } : STAY;
  }

  #steer(now: number, isBurst: boolean): Steering {
    const isStarting = !this.#jumpedAtStart && now - (this.#startedAt ?? now) < START;
    if (isBurst) {
      if (isStarting) this.#judgedFrom = now;
      return STAY;
    }
    const excess = Math.min(...aheadsOf(this.#judged)) - this.target;
    if (excess > (isStarting ? JUMP_BEYOND_AT_START : JUMP_BEYOND) && this.#mayJump(now)) {
      this.#jumpedAtStart = true;
      return { action: 'jump' };
    }
    if (excess <= TOLERANCE) return STAY;
    return { action: 'rate', rate: excess > HURRY_BEYOND ? MAX_RATE : GENTLE_RATE };
  }

  /**
   * What was ahead while the picture stood, or was about to jump, says nothing of how it moves; unless
   * it stands again and again: then what a stall gains is kept in hand.
   */
  get #judged(): readonly Sample[] {
    if (this.#stallsAgain) return this.#samples;
    const stood = this.#samples.findLastIndex(({ isStanding }) => isStanding);
    return this.#samples.slice(stood + 1).filter(({ at }) => at >= this.#judgedFrom);
  }

  #mayJump(now: number): boolean {
    return now - this.#jumpedAt >= AFTER_JUMP;
  }

  /**
   * The picture stood still for want of data. From a second time within a few seconds on, as much is
   * kept in hand as the data swings by, until it comes steadily; a single outage says nothing of the
   * next.
   */
  stalled(now: number): void {
    const since = now - this.#stalledAt;
    if (since > ONE_OUTAGE) this.#stallsAgain = since < LONG_AGO || this.#reserve > 0;
    this.#stalledAt = now;
    this.#begin(now);
  }

  /** To be told of every jump; forgets what was seen before it. */
  jumped(now: number): void {
    this.#samples = [];
    this.#jumpedAt = now;
  }

  /** What was held up comes at once, as at the start: the picture that stood may as well jump. */
  #begin(now: number): void {
    this.#startedAt = now;
    this.#jumpedAtStart = false;
  }

  /** Finds the reserve from the most that was ahead of late, less the least. */
  #keepInHand(now: number): void {
    const aheads = aheadsOf(this.#samples);
    const swing = Math.max(...aheads) - Math.min(...aheads);
    this.#swings = this.#swings.filter(({ at }) => at > now - MEMORY);
    this.#swings.push({ at: now, swing });
    const most = Math.max(0, ...this.#swings.map((one) => one.swing));
    const unsteady = this.#stallsAgain && most > USUAL_SWING;
    // A target that is larger than the swings solves them already.
    const needed = unsteady ? Math.max(0, most - this.#target) : 0;
    this.#reserve = Math.min(MAX_RESERVE, needed);
  }
}

function aheadsOf(samples: readonly Sample[]): number[] {
  return samples.map(({ ahead }) => ahead);
}
