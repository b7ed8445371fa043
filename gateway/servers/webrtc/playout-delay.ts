/** A way with more jitter than this, or with loss within this time, shows frames evenly, ms. */
const SMOOTH_JITTER_MS = 4;
const SMOOTH_LOSS_MS = 1_500;
/** A longer hold is kept for this long after it was last needed, ms. */
const HOLD_MS = 1_000;
/** Frames are held no longer than this, ms. */
const MAX_MS = 400;
/** Changes of no more than this are not worth a step of the picture, ms. */
const STEP_MS = 10;
/** Video frames whose packets say how to show them; the receiver keeps the last value. */
const REPEATED_FRAMES = 50;

/** What is known of the way to a viewer, ms: jitter, and how long ago a packet was lost. */
export interface WayQuality {
  readonly jitterMs: number;
  readonly cleanForMs: number;
}

/**
 * How long a viewer is to hold frames: not at all on a steady way; where packets come at uneven
 * times, for as long as nearly all of them need, so that they are shown evenly and none is passed
 * over. Goes up at once, and down when the longer hold was not needed for a while.
 */
export class PlayoutDelay {
  #ms = 0;
  #neededAt = -Infinity;
  /** Frames that still say so. */
  #left = REPEATED_FRAMES;

  /** What the next frame says, ms; -1: nothing. `now`: monotonic ms. */
  next(isKey: boolean, way: WayQuality, now: number): number {
    const wanted = this.#wanted(way);
    const isLower = wanted < this.#ms && (wanted === 0 || this.#ms - wanted > STEP_MS);
    if (!isLower) this.#neededAt = now;
    const isOverdue = isLower && now - this.#neededAt > HOLD_MS;
    if (isOverdue || wanted > this.#ms + STEP_MS || (wanted > 0 && this.#ms === 0)) {
      this.#ms = wanted;
      this.#left = REPEATED_FRAMES;
    }
    if (this.#left > 0) this.#left--;
    return isKey || this.#left > 0 ? this.#ms : -1;
  }

  #wanted({ jitterMs, cleanForMs }: WayQuality): number {
    const isUneven = jitterMs > SMOOTH_JITTER_MS || cleanForMs < SMOOTH_LOSS_MS;
    return isUneven ? Math.min(MAX_MS, Math.max(STEP_MS, Math.round(jitterMs / 5) * STEP_MS)) : 0;
  }
}
