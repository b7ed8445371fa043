/**
 * Decoded sound on its way to the ear: keeps samples with their times, and plays them a little
 * faster or slower, without changing the pitch, so that each is heard when it should be.
 *
 * The method is that of WSOLA (Verhelst and Roelands, 1993): to hurry, a piece about as long as a
 * period of the voice is left out where what follows resembles what was left out, and the two are
 * faded into one another; to wait, a piece is repeated. Free of Web Audio, so that it is tested
 * without a browser.
 */

/** Longest piece left out or repeated, seconds: a period of the lowest voices. */
const LONGEST_SPLICE = 0.012;
const SHORTEST_SPLICE = 0.005;
/** Length of a cross-fade, seconds; not longer than the shortest splice. */
const FADE = 0.005;
/** Sound between two splices, in splices: a tenth faster or slower, which nobody hears. */
const SPACING = 10;
/** Off by less than this, sound plays as it is. Milliseconds. */
const TOLERANCE = 8;
/** Off by more than this, it jumps. Milliseconds. */
const JUMP = 300;
/** Missing sound up to this long is filled with silence, so that the rest keeps its place. */
const MAX_GAP = 1000;
/** Time stamps in FLV are rounded to ms and encoders are sloppy: less is no gap. */
const MIN_GAP = 40;

export class SoundBuffer {
  readonly #rate: number;
  readonly #channels: Float32Array[];
  readonly #mask: number;
  /** Absolute sample numbers; a sample lies at number & mask. */
  #read = 0;
  #written = 0;
  /** Time of the sample number `#written`, ms. */
  #end: number | undefined;
  #untilSplice = 0;
  #gaps = 0;
  #starving = true;

  /** For `channels` channels at `rate` samples a second; holds about 2 s at 48 kHz. */
  constructor(rate: number, channels: number, capacity = 1 << 17) {
    this.#rate = rate;
    this.#mask = capacity - 1;
    this.#channels = Array.from({ length: channels }, () => new Float32Array(capacity));
  }

  /** How often sound was due and not there. */
  get gaps(): number {
    return this.#gaps;
  }

  /** Milliseconds of sound in the buffer. */
  get held(): number {
    return this.#milliseconds(this.#written - this.#read);
  }

  /** Time of the next sample to be heard, ms; `undefined` when nothing was written. */
  get position(): number | undefined {
    return this.#end === undefined ? undefined : this.#end - this.held;
  }

  /** Adds decoded samples (one array a channel) whose first has the time `pts` in ms. */
  write(pts: number, samples: readonly Float32Array[]): void {
    const length = samples[0]?.length ?? 0;
    const gap = this.#end === undefined ? 0 : pts - this.#end;
    if (Math.abs(gap) > MAX_GAP) {
      this.clear();
    } else if (gap > MIN_GAP) {
      this.#append(undefined, this.#samples(gap));
    }
    this.#append(samples, length);
    this.#end = pts + this.#milliseconds(length);
    const oldest = this.#written - this.#mask + this.#samples(50);
    if (this.#read < oldest) this.#read = oldest;
  }

  #append(samples: readonly Float32Array[] | undefined, length: number): void {
    this.#channels.forEach((channel, index) => {
      const from = samples?.[index] ?? samples?.[0];
      for (let i = 0; i < length; i += 1) {
        channel[(this.#written + i) & this.#mask] = from?.[i] ?? 0;
      }
    });
    this.#written += length;
  }

  /**
   * Fills `output` (one array a channel) with what should be heard now, when the sample with time
   * `due` (ms) is the one that should come first. What is missing is silence.
   */
  play(output: readonly Float32Array[], due: number): void {
    const wanted = output[0]?.length ?? 0;
    let done = 0;
    if (this.position !== undefined) done = this.#steer(due - this.position, output, wanted);
    const take = Math.max(0, Math.min(wanted - done, this.#written - this.#read));
    this.#copy(output, done, take);
    done += take;
    this.#untilSplice = Math.max(0, this.#untilSplice - wanted);
    if (done < wanted) {
      for (const channel of output) channel.fill(0, done);
      if (!this.#starving && this.#end !== undefined) this.#gaps += 1;
      this.#starving = true;
    } else if (take > 0) {
      this.#starving = false;
    }
  }

  /** Brings the read position nearer to its due time; answers how much of `output` it has filled. */
  #steer(late: number, output: readonly Float32Array[], wanted: number): number {
    if (late > JUMP) {
      this.#read = Math.min(this.#written, this.#read + this.#samples(late));
      return 0;
    }
    if (late < -JUMP || (this.#starving && late < -TOLERANCE)) {
      // Too early by far, or starting: wait in silence.
      const silence = Math.min(wanted, this.#samples(-late));
      for (const channel of output) channel.fill(0, 0, silence);
      this.#starving = true;
      return silence;
    }
    if (Math.abs(late) < TOLERANCE || this.#untilSplice > 0) return 0;
    const lag = late > 0 ? this.#bestLag(late, 1) : this.#bestLag(-late, -1);
    if (lag !== 0) this.#splice(lag);
    return 0;
  }

  /**
   * The distance, up to `most` ms, at which the sound resembles itself best, by normalised
   * cross-correlation; in the direction `sign`; 0 when there is not enough sound to compare.
   */
  #bestLag(most: number, sign: 1 | -1): number {
    const longest = Math.min(this.#samples(most), Math.round(this.#rate * LONGEST_SPLICE));
    const shortest = Math.round(this.#rate * SHORTEST_SPLICE);
    const fade = Math.round(this.#rate * FADE);
    if (this.#written - this.#read < longest + fade) return 0;
    if (sign < 0 && this.#read < longest) return 0;
    const sound = this.#channels[0];
    if (sound === undefined) return 0;
    let best = 0;
    let bestLikeness = -Infinity;
    for (let lag = shortest; lag <= longest; lag += 2) {
      let product = 0;
      let energy = 1e-9;
      for (let i = 0; i < fade; i += 2) {
        const there = sound[(this.#read + sign * lag + i) & this.#mask] ?? 0;
        product += (sound[(this.#read + i) & this.#mask] ?? 0) * there;
        energy += there * there;
      }
      const likeness = product / Math.sqrt(energy);
      if (likeness > bestLikeness) {
        bestLikeness = likeness;
        best = sign * lag;
      }
    }
    return best;
  }

  /** Moves on by `lag` samples (back when negative), fading the one place into the other. */
  #splice(lag: number): void {
    const fade = Math.round(this.#rate * FADE);
    for (const channel of this.#channels) {
      for (let i = 0; i < fade; i += 1) {
        const share = i / fade;
        const here = channel[(this.#read + i) & this.#mask] ?? 0;
        const there = (this.#read + lag + i) & this.#mask;
        channel[there] = here * (1 - share) + (channel[there] ?? 0) * share;
      }
    }
    this.#read += lag;
    this.#untilSplice = Math.abs(lag) * SPACING;
  }

  #copy(output: readonly Float32Array[], at: number, length: number): void {
    output.forEach((channel, index) => {
      const from = this.#channels[index] ?? this.#channels[0];
      for (let i = 0; i < length; i += 1) {
        channel[at + i] = from?.[(this.#read + i) & this.#mask] ?? 0;
      }
    });
    this.#read += length;
  }

  /** Forgets all sound: the stream's time has jumped. */
  clear(): void {
    this.#read = this.#written;
    this.#end = undefined;
    this.#starving = true;
  }

  #samples(milliseconds: number): number {
    return Math.round((milliseconds * this.#rate) / 1000);
  }

  #milliseconds(samples: number): number {
    return (samples * 1000) / this.#rate;
  }
}
