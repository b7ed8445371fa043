import type { Frame } from './frame.ts';

/** A GOP that is larger is not kept: joiners wait for the next key frame. */
const MAX_FRAMES = 1500;
const MAX_BYTES = 16 * 1024 * 1024;
/** The media rate is measured over this much stream time, µs. */
const RATE_WINDOW = 2_000_000;

/** The frames since the last key frame, and how much there is of them. */
export class RecentFrames {
  #frames: Frame[] = [];
  #bytes = 0;
  #isOverflown = false;
  #rateBytes = 0;
  #rateSince = 0;
  #rate = 0;

  /** Oldest first; empty when decoding cannot start with what is kept. */
  get frames(): readonly Frame[] {
    return this.#frames;
  }

  /** bit/s of what was added. */
  get rate(): number {
    return this.#rate;
  }

  add(frame: Frame): void {
    this.#measure(frame);
    if (frame.key) this.forget();
    else if (this.#frames.length === 0) return;
    if (this.#isOverflown) return;
    this.#frames.push(frame);
    this.#bytes += frame.bytes;
    if (this.#frames.length > MAX_FRAMES || this.#bytes > MAX_BYTES) {
      this.forget();
      this.#isOverflown = true;
    }
  }

  /** What comes next does not continue what is kept. */
  forget(): void {
    this.#frames = [];
    this.#bytes = 0;
    this.#isOverflown = false;
  }

  #measure(frame: Frame): void {
    this.#rateBytes += frame.bytes;
    const span = frame.pts - this.#rateSince;
    if (span >= 0 && span < RATE_WINDOW) return;
    if (span > 0 && span < RATE_WINDOW * 2) this.#rate = (this.#rateBytes * 8e6) / span;
    this.#rateSince = frame.pts;
    this.#rateBytes = 0;
  }
}
