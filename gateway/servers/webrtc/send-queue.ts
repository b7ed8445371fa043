/** Bytes that may go at once: a frame of usual size does not wait for the pacer. */
const BURST_BYTES = 48_000;
/** Packets leave at this multiple of the link's estimate: frames go fast, bursts do not flood. */
const PACE_FACTOR = 2.5;

/** A video packet that waits for its time. */
export interface WaitingPacket {
  readonly payload: Uint8Array;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly playoutMs: number;
}

/** One viewer's video packets that wait, and how many bytes may go by now. */
export class SendQueue {
  #packets: WaitingPacket[] = [];
  #at = 0;
  #bytes = 0;
  #budget = BURST_BYTES;
  #budgetAt: number;

  /** `now`: monotonic ms. */
  constructor(now: number) {
    this.#budgetAt = now;
  }

  get isEmpty(): boolean {
    return this.#at === this.#packets.length;
  }

  /** Frames of which something waits. */
  get frames(): number {
    let frames = 0;
    for (let at = this.#at; at < this.#packets.length; at++)
      if (this.#packets[at]!.marker) frames++;
    return frames;
  }

  /** Whether a packet may go at once, by the bytes that went; `refill` first. */
  get isOpen(): boolean {
    return this.#budget > 0 && this.isEmpty;
  }

  /** Adds what the link takes since the last call. `estimate`: of the link, bit/s. */
  refill(now: number, estimate: number): void {
    const due = ((now - this.#budgetAt) * estimate * PACE_FACTOR) / 8000;
    this.#budget = Math.min(BURST_BYTES, this.#budget + due);
    this.#budgetAt = now;
  }

  /** Bytes went out, from here or past the queue. */
  spend(bytes: number): void {
    this.#budget -= bytes;
  }

  push(packet: WaitingPacket): void {
    this.#packets.push(packet);
    this.#bytes += packet.payload.length;
  }

  /** The next packet that may go now; undefined when there is none. */
  shift(): WaitingPacket | undefined {
    if (this.#budget <= 0) return undefined;
    const packet = this.#packets[this.#at];
    if (packet === undefined) return undefined;
    this.#bytes -= packet.payload.length;
    if (++this.#at === this.#packets.length) this.clear();
    return packet;
  }

  /** Time that what waits will take, ms. */
  waitMs(estimate: number): number {
    return (this.#bytes * 8000) / (estimate * PACE_FACTOR);
  }

  clear(): void {
    this.#packets = [];
    this.#at = 0;
    this.#bytes = 0;
  }
}
