/**
 * How long packets take is looked at over so many windows of this length, ms: the slowest of each, and
 * the least of these. What is late now and then, or while an encoder starts, delays no others.
 */
const WINDOW_MS = 100;
const WINDOWS = 10;
/** No packet is held longer than this for the sake of an even stream, ms. */
const MAX_HOLD_MS = 45;
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
 * waits until the slowest of its neighbours would usually have been there. Browsers see arrivals in
 * steps of 10 ms, and hold their least as long as none is late by 20.
 */
export class SoundPacer {
  readonly #clock: () => number;
  readonly #emit: (payload: Uint8Array, pts: number) => void;
  #queue: Held[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Time from a packet's own time to here, least and most of each window, ms; the newest is last. */
  #windows: { readonly endsAt: number; least: number; most: number }[] = [];

  /** `clock`: monotonic ms. */
  constructor(clock: () => number, emit: (payload: Uint8Array, pts: number) => void) {
    this.#clock = clock;
    this.#emit = emit;
  }

  /** `pts`: stream time, µs; does not decrease. */
  push(payload: Uint8Array, pts: number): void {
    const now = this.#clock();
    const dueAt = pts / 1000 + this.#hold(now - pts / 1000, now);
    this.#queue.push({ payload, pts, dueAt });
    this.#sendDue();
  }

  /** Another publisher, another clock: forgets what waits and what was. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue = [];
    this.#windows = [];
  }

  /** Notes what a packet took, and answers how long all may take, ms. */
  #hold(transit: number, now: number): number {
    const windows = this.#windows;
    const newest = windows.at(-1);
    if (newest !== undefined && now < newest.endsAt) {
      newest.least = Math.min(newest.least, transit);
      newest.most = Math.max(newest.most, transit);
    } else {
      windows.push({ endsAt: now + WINDOW_MS, least: transit, most: transit });
      if (windows.length > WINDOWS) windows.shift();
    }
    // A window that has only begun has not seen much.
    const full = windows.length > 1 ? windows.slice(0, -1) : windows;
    const most = Math.min(...full.map((window) => window.most));
    const least = Math.min(...windows.map((window) => window.least));
    return Math.min(most, least + MAX_HOLD_MS);
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
