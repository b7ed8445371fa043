/**
 * Send times and sizes of a transport's packets by transport-wide sequence number, for congestion
 * feedback to be matched with.
 */
const SIZE = 4096;

export class SentPackets {
  readonly #clock: () => number;
  readonly #times = new Float64Array(SIZE).fill(-1);
  readonly #sizes = new Uint16Array(SIZE);
  readonly #sequences = new Int32Array(SIZE).fill(-1);
  #next = 1;

  /** `clock`: monotonic ms. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** The next packet's number, 16 bits. */
  next(): number {
    const sequence = this.#next;
    this.#next = (sequence + 1) & 0xffff;
    return sequence;
  }

  /** Notes that a packet goes out now. */
  note(sequence: number, bytes: number): void {
    const slot = sequence % SIZE;
    this.#times[slot] = this.#clock();
    this.#sizes[slot] = bytes;
    this.#sequences[slot] = sequence;
  }

  /** When it was sent, ms; -1 when that is forgotten. */
  timeOf(sequence: number): number {
    const slot = sequence % SIZE;
    return this.#sequences[slot] === sequence ? this.#times[slot]! : -1;
  }

  sizeOf(sequence: number): number {
    return this.#sizes[sequence % SIZE]!;
  }
}
