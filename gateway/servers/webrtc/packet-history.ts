const SIZE = 1024;

/**
 * What a viewer was sent lately, by sequence number, so that NACKs can be answered. Payloads are
 * references to the stream's shared memory; only the few numbers that differ are the viewer's.
 */
export class PacketHistory {
  readonly #payloads: (Uint8Array | undefined)[] = new Array<undefined>(SIZE).fill(undefined);
  readonly #indices = new Float64Array(SIZE).fill(-1);
  readonly #timestamps = new Uint32Array(SIZE);
  readonly #transportSequences = new Int32Array(SIZE);
  readonly #markers = new Uint8Array(SIZE);
  readonly #playouts = new Int16Array(SIZE);
  readonly #resentAt = new Float64Array(SIZE);
  readonly #sentAt = new Float64Array(SIZE);

  /** Notes a packet; `index` is its sequence number, not wrapped. */
  add(
    index: number,
    payload: Uint8Array,
    timestamp: number,
    transportSequence: number,
    marker: boolean,
    playoutMs: number,
    now: number,
  ): void {
    const slot = index % SIZE;
    this.#payloads[slot] = payload;
    this.#indices[slot] = index;
    this.#timestamps[slot] = timestamp;
    this.#transportSequences[slot] = transportSequence;
    this.#markers[slot] = marker ? 1 : 0;
    this.#playouts[slot] = playoutMs;
    this.#resentAt[slot] = -Infinity;
    this.#sentAt[slot] = now;
  }

  /** The slot of a packet that is still there, -1 when it is not. */
  find(index: number): number {
    const slot = index % SIZE;
    return index >= 0 && this.#indices[slot] === index ? slot : -1;
  }

  payload(slot: number): Uint8Array {
    return this.#payloads[slot]!;
  }

  timestamp(slot: number): number {
    return this.#timestamps[slot]!;
  }

  transportSequence(slot: number): number {
    return this.#transportSequences[slot]!;
  }

  marker(slot: number): boolean {
    return this.#markers[slot] !== 0;
  }

  /** What its header said about the playout delay, ms; below 0: nothing. */
  playoutMs(slot: number): number {
    return this.#playouts[slot]!;
  }

  /** When it was sent first, monotonic ms. */
  sentAt(slot: number): number {
    return this.#sentAt[slot]!;
  }

  /** Notes that it is sent again; false when it was less than `interval` ms ago. */
  mayResend(slot: number, now: number, interval: number): boolean {
    if (now - this.#resentAt[slot]! < interval) return false;
    this.#resentAt[slot] = now;
    return true;
  }
}
