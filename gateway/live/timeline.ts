/**
 * From raw 32-bit RTMP time to the stream's own time.
 *
 * RTMP time is unsigned 32-bit milliseconds that wraps after 49.7 days, may begin anywhere, and
 * jumps when an encoder restarts its clock or a publisher reconnects. The timeline unwraps it,
 * closes jumps so that viewers see time go on, and never lets a track's decoding time decrease.
 * Everything behind it works in monotonic integer microseconds.
 *
 * Each track is compared with itself: some devices stamp sound and picture by clocks of their own,
 * or seconds apart, and that is no jump with every packet. A track that does jump follows another
 * one that has jumped already, so that sound and picture stay together.
 */

/** A gap up to this long is taken as real (frames that the encoder dropped); a longer one is a jump. */
const MAX_GAP_MS = 10_000;
/** Further back than this is a clock that was set back. */
const MAX_BACK_MS = 1_000;
/** A track's first packet may be so far behind the other tracks and still be by the same clock. */
const MAX_LATE_START_MS = 5_000;
/** The distance put between the last packet before a jump and the first one after it. */
const JUMP_STEP_MS = 40;

interface TrackClock {
  /** Raw time of the track's newest packet, ms, unsigned 32 bit, and the stream time it has, ms. */
  raw: number;
  time: number;
  /** The last decoding time, µs. */
  dts: number;
  /** Of which publisher the newest packet was. */
  publisher: number;
}

export class Timeline {
  #clocks = new Map<number, TrackClock>();
  /** Stream time of the newest packet, ms. */
  #newest = 0;
  #jumped = false;
  /** Counts publishers: their clocks have nothing to do with each other. */
  #publisher = 0;

  /** The next packet belongs to a new publisher. */
  restart(): void {
    this.#publisher++;
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
    const own = this.#clocks.get(track);
    const known = own?.publisher === this.#publisher;
    const time =
      (known ? byClock(own, raw, MAX_BACK_MS) : undefined) ??
      this.#byOthers(raw, known ? MAX_BACK_MS : MAX_LATE_START_MS) ??
      this.#begin(raw);
    if (time > this.#newest) this.#newest = time;
    if (!own) {
      const dts = Math.max(time * 1000, 0);
      this.#clocks.set(track, { raw, time, dts, publisher: this.#publisher });
      return dts;
    }
    // A step back does not set the clock back: the next one forward is counted from the newest.
    if (!known || time > own.time || ((raw - own.raw) | 0) > 0) {
      own.raw = raw;
      own.time = time;
      own.publisher = this.#publisher;
    }
    if (time * 1000 > own.dts) own.dts = time * 1000;
    return own.dts;
  }

  /**
   * The time, integer µs, of a message that is of no track. Encoders stamp their metadata with
   * anything, often 0: where that makes no sense it is now, and says nothing about the clock.
   */
  mapData(raw: number): number {
    return Math.max(0, this.#byOthers(raw, MAX_BACK_MS) ?? this.#newest) * 1000;
  }

  /** The time by the clock of any of the publisher's tracks that it makes sense by. */
  #byOthers(raw: number, maxBack: number): number | undefined {
    for (const clock of this.#clocks.values()) {
      if (clock.publisher !== this.#publisher) continue;
      const time = byClock(clock, raw, maxBack);
      if (time !== undefined) return time;
    }
    return undefined;
  }

  /** A time that makes sense by no clock: the stream begins, or goes on after a jump. */
  #begin(raw: number): number {
    // An encoder whose clock has just begun keeps its time; any other begins at 0.
    if (this.#clocks.size === 0) return raw <= MAX_GAP_MS ? raw : 0;
    this.#jumped = true;
    return this.#newest + JUMP_STEP_MS;
  }
}

/** The stream time, ms, of a raw time that is near the clock's; undefined when it is not. */
function byClock({ raw, time }: TrackClock, now: number, maxBack: number): number | undefined {
  // Signed 32-bit difference: right across the wrap.
  const step = (now - raw) | 0;
  return step > MAX_GAP_MS || step < -maxBack ? undefined : time + step;
}
