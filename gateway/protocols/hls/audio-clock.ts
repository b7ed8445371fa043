/** A deviation larger than this, µs, and half a frame besides, is a gap and not rounding. */
const ROUNDING = 1000;

/** The share of a deviation that is followed at once, so that a slow drift is, and jitter is not. */
const FOLLOW = 1 / 32;

/**
 * Takes the rounding out of an audio track's times.
 *
 * RTMP counts in milliseconds, which no audio frame is a whole number of: 1024 samples at 44.1 kHz
 * come 23, 23, 24, … ms apart. Where a container gives each frame its time at a finer clock, players
 * hear that as gaps and overlaps. Frames that follow one another are put exactly a frame's
 * length apart; where one is missing, or the publisher's clock jumps, time is taken as it is.
 */
export class AudioClock {
  #next: number | undefined;
  #last = 0;

  /**
   * The time of a frame, µs (an integer, never before the last one).
   * @param time as it came, µs
   * @param length of the frame, µs, need not be whole; 0 when it is not known
   */
  at(time: number, length: number): number {
    let start = time;
    if (this.#next !== undefined && length > 0) {
      const deviation = time - this.#next;
      if (Math.abs(deviation) <= length / 2 + ROUNDING) start = this.#next + deviation * FOLLOW;
    }
    this.#next = start + length;
    this.#last = Math.max(this.#last, Math.round(start));
    return this.#last;
  }
}
