/**
 * When to present what has arrived: as early as the network's unsteadiness allows, picture and
 * sound together. Adaptive jitter buffer and lip sync of the WebCodecs transport; free of DOM and
 * clock. All times are milliseconds.
 */

/** The least time on the way is sought in observations this old, lateness in younger ones. */
const WINDOW = 6000;
const LATENESS_WINDOW = 3000;
/** A frame that comes later than this after its due time was held up by an outage, not by jitter. */
const OUTAGE = 1000;
/** Frames that come in less than this share of their distance are catching up. */
const CATCHING_UP = 0.75;
/** The share of frames that come in time; waiting for the rest would delay all others. */
const IN_TIME = 0.95;
/** Most that is ever waited for late frames. */
const MAX_WAIT = 400;
/** The picture may be this much ahead of its sound: nobody sees it (EBU R37 allows 60 ms). */
const PICTURE_LEAD = 38;
/** The sound may be this much ahead of its picture. */
const SOUND_LEAD = 10;
/**
 * What a gap in the sound adds to what is kept in hand, and the most of that. One hiccup of the
 * computer shows as several gaps in a row, so those of one report count twice at most.
 */
const RESERVE_STEP = 6;
const MOST_GAPS = 2;
const MOST_RESERVE = 200;
/** The reserve that this computer's own unsteadiness asks for; it goes slowly, what exceeds it soon. */
const LITTLE_RESERVE = 12;
/** Estimates are made anew this often. */
const RECALCULATE = 100;

/** How long frames of one kind take from their own time to here: the least, and how much more. */
class Transit {
  #samples: { at: number; transit: number; counts: boolean }[] = [];
  #lastArrival = -Infinity;
  #lastPts = -Infinity;
  #calculatedAt = -Infinity;
  #base: number | undefined;
  #wait = 0;

  add(pts: number, now: number): void {
    // Frames that come in faster succession than they are to be shown were held up together, or
    // were cached: only the first of them tells for how long.
    const together = now - this.#lastArrival < (pts - this.#lastPts) * CATCHING_UP;
    const counts = !together && this.#samples.length > 0;
    this.#lastArrival = now;
    this.#lastPts = pts;
    this.#samples.push({ at: now, transit: now - pts, counts });
    if (now - this.#calculatedAt > RECALCULATE || this.#samples.length < 10) this.#calculate(now);
  }

  #calculate(now: number): void {
    this.#calculatedAt = now;
    const oldest = this.#samples.findIndex((sample) => sample.at > now - WINDOW);
    if (oldest > 0) this.#samples.splice(0, oldest);
    const base = Math.min(...this.#samples.map((sample) => sample.transit));
    const waits = this.#samples
      .filter(({ at, counts, transit }) => {
        return counts && at > now - LATENESS_WINDOW && transit - base < OUTAGE;
      })
      .map((sample) => sample.transit - base)
      .sort((a, b) => a - b);
    this.#base = base;
    // The few worst are left out, at least one: a single late frame is no habit of the network.
    const index = Math.min(Math.ceil(waits.length * IN_TIME) - 1, waits.length - 2);
    this.#wait = Math.min(MAX_WAIT, waits[index] ?? 0);
  }

  /** Time from a frame's pts to its presentation; `undefined` when nothing has come. */
  get offset(): number | undefined {
    return this.#base === undefined ? undefined : this.#base + this.#wait;
  }

  get base(): number | undefined {
    return this.#base;
  }
}

export class ArrivalClock {
  readonly #leastDelay: number;
  #picture = new Transit();
  #sound = new Transit();
  #soundLatency = 0;
  #soundOn = false;
  /** What gaps in the sound have taught to keep in hand besides. */
  #soundReserve = 0;
  #sinceGap = 0;

  /** `leastDelay`: what is waited in any case, ms. */
  constructor(leastDelay = 0) {
    this.#leastDelay = leastDelay;
  }

  /** A decoded frame with time `pts` is ready at `now`. */
  pictureReady(pts: number, now: number): void {
    this.#picture.add(pts, now);
  }

  soundReady(pts: number, now: number): void {
    this.#sound.add(pts, now);
  }

  /** Whether sound is played, and how long it takes from the mixer to the ear. */
  setSound(on: boolean, latency = 0): void {
    this.#soundOn = on;
    this.#soundLatency = latency;
  }

  /** The sound had `count` gaps because data came late: more of it is kept in hand from now on. */
  soundGaps(count: number): void {
    if (count > 0) this.#sinceGap = 0;
    const more = Math.min(count, MOST_GAPS) * RESERVE_STEP;
    this.#soundReserve = Math.min(MOST_RESERVE, this.#soundReserve + more);
  }

  /**
   * To be called now and then, with the time since the last call. What a bad network has added goes
   * soon after the last gap; the little that this computer's own unsteadiness asks for goes slowly.
   */
  relax(elapsed: number): void {
    this.#sinceGap += elapsed;
    const isLarge = this.#soundReserve > LITTLE_RESERVE && this.#sinceGap > 1500;
    const rate = isLarge ? 0.05 : 0.001;
    this.#soundReserve = Math.max(0, this.#soundReserve - elapsed * rate);
  }

  /** Add to a picture's pts to know when to show it; `undefined` before the first. */
  get pictureOffset(): number | undefined {
    const own = this.#ownPicture;
    const sound = this.#soundOn ? this.#ownSound : undefined;
    if (own === undefined || sound === undefined) return own;
    // Sound that belongs to another time altogether (a broken publisher) may not hold the picture.
    if (Math.abs(sound - own) > OUTAGE) return own;
    return Math.max(own, sound - PICTURE_LEAD);
  }

  /** Add to a sound's pts to know when it should be heard; `undefined` before the first. */
  get soundOffset(): number | undefined {
    const own = this.#ownSound;
    const picture = this.#ownPicture;
    if (own === undefined || picture === undefined) return own;
    if (Math.abs(picture - own) > OUTAGE) return own;
    return Math.max(own, picture - SOUND_LEAD);
  }

  get #ownPicture(): number | undefined {
    return this.#own(this.#picture, 0);
  }

  get #ownSound(): number | undefined {
    return this.#own(this.#sound, this.#soundLatency + this.#soundReserve);
  }

  #own(transit: Transit, more: number): number | undefined {
    const { base, offset } = transit;
    if (base === undefined || offset === undefined) return undefined;
    return Math.max(offset + more, base + this.#leastDelay);
  }

  /** Forgets the arrivals: the stream's time has jumped, or the tab was hidden. */
  reset(): void {
    this.#picture = new Transit();
    this.#sound = new Transit();
  }
}
