/**
 * From raw 32-bit RTMP time to the stream's own time.
 *
 * RTMP time is unsigned 32-bit milliseconds that wraps after 49.7 days, may begin anywhere, and
 * jumps when an encoder restarts its clock or a publisher reconnects. The timeline unwraps it,
 * closes jumps so that viewers see time go on, and never lets a track's decoding time decrease.
 * Everything behind it works in monotonic integer microseconds.
 */

/** A gap up to this long is taken as real (frames that the encoder dropped); a longer one is a jump. */
const MAX_GAP_MS = 10_000;
/** Tracks interleave loosely; further back than this is a clock that was set back. */
const MAX_BACK_MS = 1_000;
/** The distance put between the last packet before a jump and the first one after it. */
const JUMP_STEP_MS = 40;

export class Timeline {
  /** Raw time of the newest packet, ms, unsigned 32 bit. */
  #raw = 0;
  /** Stream time of the newest packet, ms. */
  #newest = 0;
  /** The last decoding time of each track, µs, by the track's key. */
  #last = new Map<number, number>();
  #jumped = false;
  #restarted = false;

  /** The next packet belongs to a new publisher: its clock has nothing to do with the last one's. */
  restart(): void {
    this.#restarted = true;
  }

  /** Whether time was mended since this was last asked. */
  takeJump(): boolean {
    const jumped = this.#jumped;
    this.#jumped = false;
    return jumped;
  }

  /**
   * The decoding time, integer µs, of a packet of the given track.
   * @param raw RTMP time, unsigned 32-bit ms
   * @param track any number that tells the stream's tracks apart
   */
  map(raw: number, track: number): number {
    // Signed 32-bit difference: right across the wrap.
    const step = (raw - this.#raw) | 0;
    let time: number;
    if (this.#last.size === 0) {
      // An encoder whose clock has just begun keeps its time; any other begins at 0.
      time = raw <= MAX_GAP_MS ? raw : 0;
      this.#restarted = false;
      this.#raw = raw;
      this.#newest = time;
    } else if (this.#restarted || step > MAX_GAP_MS || step < -MAX_BACK_MS) {
      time = this.#newest + JUMP_STEP_MS;
      this.#jumped = true;
      this.#restarted = false;
      this.#raw = raw;
      this.#newest = time;
    } else {
      time = this.#newest + step;
      if (step > 0) {
        this.#raw = raw;
        this.#newest = time;
      }
    }
    const dts = Math.max(time * 1000, this.#last.get(track) ?? 0);
    this.#last.set(track, dts);
    return dts;
  }
}
