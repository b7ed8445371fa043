/**
 * Encoders deliver in bursts; how long a packet takes is looked at over this time, twice, ms. What
 * was while the encoder started is forgotten sooner: the first time is short, each next one doubled.
 */
const WINDOW_MS = 1_000;
const FIRST_WINDOW_MS = 125;
/** No packet is held longer than this for the sake of an even stream, ms. */
const MAX_HOLD_MS = 45;
/**
 * So much sooner may a packet go than the slowest would have, ms: browsers see arrivals in steps of
 * 10 ms, and hold their least as long as none is late by 20. The rest is for the network.
 */
const EARLY_MS = 4;
/** What is due within this time goes at once: timers are no finer, ms. */
const GRAIN_MS = 1;

interface Held {
  readonly payload: Uint8Array;
  readonly pts: number;
  readonly dueAt: number;
}

/**
 * Lets sound out at an even pace. Opus packets of 10 ms made from AAC frames of 21 or 23 ms come two
 * or three at a time, and encoders interleave sound with pictures; a browser takes unevenness for
 * jitter and holds all sound for as long as the worst packet needs, rounded up. Here each packet
 * waits until the slowest of the last seconds would nearly have been there, and browsers hold their
 * least.
 */
export class SoundPacer {
  readonly #clock: () => number;
  readonly #emit: (payload: Uint8Array, pts: number) => void;
  #queue: Held[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Time from a packet's own time to here, in this window and the one before: least and most, ms. */
  #windowMs = FIRST_WINDOW_MS;
  #windowEnds = -Infinity;
  #least = Infinity;
  #most = -Infinity;
  #leastBefore = Infinity;
  #mostBefore = -Infinity;

  /** `clock`: monotonic ms. */
  constructor(clock: () => number, emit: (payload: Uint8Array, pts: number) => void) {
    this.#clock = clock;
    this.#emit = emit;
  }

  /** `pts`: stream time, µs; does not decrease. */
  push(payload: Uint8Array, pts: number): void {
    const now = this.#clock();
    this.#note(now - pts / 1000, now);
    const least = Math.min(this.#least, this.#leastBefore);
    const most = Math.max(this.#most, this.#mostBefore);
    const hold = Math.min(most, least + MAX_HOLD_MS) - EARLY_MS;
    this.#queue.push({ payload, pts, dueAt: pts / 1000 + hold });
    this.#sendDue();
  }

  /** Another publisher, another clock: forgets what waits and what was. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue = [];
    this.#windowMs = FIRST_WINDOW_MS;
    this.#windowEnds = -Infinity;
    this.#least = this.#leastBefore = Infinity;
    this.#most = this.#mostBefore = -Infinity;
  }

  #note(transit: number, now: number): void {
    if (now >= this.#windowEnds) {
      this.#leastBefore = this.#least;
      this.#mostBefore = this.#most;
      this.#least = Infinity;
      this.#most = -Infinity;
      this.#windowEnds = now + this.#windowMs;
      this.#windowMs = Math.min(WINDOW_MS, this.#windowMs * 2);
    }
    this.#least = Math.min(this.#least, transit);
    this.#most = Math.max(this.#most, transit);
  }

  readonly #sendDue = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = this.#clock();
    let sent = 0;
    for (const { payload, pts, dueAt } of this.#queue) {
      if (dueAt > now + GRAIN_MS) break;
      sent++;
      this.#emit(payload, pts);
    }
    if (sent > 0) this.#queue = this.#queue.slice(sent);
    const next = this.#queue[0];
    if (next !== undefined) this.#timer = setTimeout(this.#sendDue, next.dueAt - now);
  };
}
