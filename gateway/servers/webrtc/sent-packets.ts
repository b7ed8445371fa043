/**
 * A transport's packets by transport-wide sequence number: when they were sent, how large they
 * were, and what became of them, for congestion feedback to be matched with.
 */
const SIZE = 4096;

/** What feedback has said of a packet so far. */
const SENT = 0;
const MISSING = 1;
const RECEIVED = 2;

/** What became of packets whose time has come. */
export interface Tally {
  readonly received: number;
  readonly lost: number;
}

export class SentPackets {
  readonly #times = new Float64Array(SIZE).fill(-1);
  readonly #sizes = new Uint16Array(SIZE);
  readonly #sequences = new Int32Array(SIZE).fill(-1);
  readonly #fates = new Uint8Array(SIZE);
  #next = 1;
  /** The first packet that no tally counted. */
  #tallied = 1;

  /** The next packet's number, 16 bits. */
  next(): number {
    const sequence = this.#next;
    this.#next = (sequence + 1) & 0xffff;
    return sequence;
  }

  /** Notes that a packet goes out at `now`, monotonic ms. */
  note(sequence: number, bytes: number, now: number): void {
    const slot = sequence % SIZE;
    this.#times[slot] = now;
    this.#sizes[slot] = bytes;
    this.#sequences[slot] = sequence;
    this.#fates[slot] = SENT;
  }

  /** When it was sent, ms; -1 when that is forgotten. */
  timeOf(sequence: number): number {
    const slot = sequence % SIZE;
    return this.#sequences[slot] === sequence ? this.#times[slot]! : -1;
  }

  sizeOf(sequence: number): number {
    return this.#sizes[sequence % SIZE]!;
  }

  /** Notes that a packet, which is not forgotten, arrived; false when that was known. */
  arrived(sequence: number): boolean {
    const slot = sequence % SIZE;
    if (this.#fates[slot] === RECEIVED) return false;
    this.#fates[slot] = RECEIVED;
    return true;
  }

  /** Notes that a packet, which is not forgotten, is not there yet: lost, or overtaken by others. */
  missing(sequence: number): void {
    const slot = sequence % SIZE;
    if (this.#fates[slot] === SENT) this.#fates[slot] = MISSING;
  }

  /** Counts the packets sent before `before`, ms, each once; those nobody spoke of are left out. */
  tally(before: number): Tally {
    let received = 0;
    let lost = 0;
    // What was overwritten meanwhile is not worth a look.
    if (((this.#next - this.#tallied) & 0xffff) > SIZE)
      this.#tallied = (this.#next - SIZE) & 0xffff;
    while (this.#tallied !== this.#next) {
      const slot = this.#tallied % SIZE;
      if (this.#sequences[slot] === this.#tallied) {
        if (this.#times[slot]! >= before) break;
        if (this.#fates[slot] === RECEIVED) received++;
        else if (this.#fates[slot] === MISSING) lost++;
      }
      this.#tallied = (this.#tallied + 1) & 0xffff;
    }
    return { received, lost };
  }
}
