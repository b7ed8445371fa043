/** Sound that stays away for longer is a pause, µs: ffmpeg would fill it with silence all at once. */
const LEAST_PAUSE = 500_000;

/** Where the child's time stands on the stream's: from `from` µs of the child on, `base` is its zero. */
interface Anchor {
  readonly from: number;
  readonly base: number;
}

/**
 * The time of an encoder that does not hear of pauses: it runs on over them, and what comes out is
 * put where it belongs. Times are µs; the encoder's begins at 0 with the first packet.
 */
export class ChildTime {
  /** Of what the child is given now; undefined until it is given something. */
  #given: Anchor | undefined;
  /** Of what comes out of it, and those that follow. */
  #anchors: Anchor[] = [];
  /** Stream time of the newest packet, and how much later it came than the one before. */
  #newest = 0;
  #step = 0;

  /** Whether the child was given something. */
  get hasBegun(): boolean {
    return this.#given !== undefined;
  }

  /** Another child, which was given nothing yet. */
  reset(): void {
    this.#given = undefined;
    this.#anchors = [];
    this.#step = 0;
  }

  /** A packet's time for the child: after a pause it follows the packet before it. */
  toChild(pts: number): number {
    if (this.#given === undefined) return this.#begin(pts);
    const step = pts - this.#newest;
    const time = pts - this.#given.base;
    this.#newest = pts;
    if (step <= LEAST_PAUSE) {
      this.#step = step;
      return time;
    }
    const from = time - step + this.#step;
    this.#setAnchor({ from, base: pts - from });
    return from;
  }

  /** The child's time of now, for what has none of its own. */
  now(): number {
    return this.#newest - (this.#given?.base ?? 0);
  }

  /**
   * The stream time of what comes out at `time` of the child, which does not decrease. Undefined for
   * what lay in the encoder when a pause began: it comes too late to be heard.
   */
  toStream(time: number): number | undefined {
    while (this.#anchors.length > 1 && this.#anchors[1]!.from <= time) this.#anchors.shift();
    return this.#anchors.length === 1 ? this.#anchors[0]!.base + time : undefined;
  }

  #begin(pts: number): number {
    this.#newest = pts;
    // What comes first may be of a little before it.
    this.#setAnchor({ from: -Infinity, base: pts });
    return 0;
  }

  #setAnchor(anchor: Anchor): void {
    this.#given = anchor;
    this.#anchors.push(anchor);
  }
}
