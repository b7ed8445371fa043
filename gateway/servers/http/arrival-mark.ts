import type { Packet } from '../../../shared/media.ts';
import type { PacketConsumer } from '../../live/stream.ts';

/** A moment of a stream: its time as FLV carries it, and when media of that time arrived. */
export interface ArrivalMark {
  /** ms on the stream's timeline. */
  readonly pts: number;
  /** ms since 1970, by the gateway's clock. */
  readonly at: number;
}

/** How long an observation counts, ms; the one before it counts until this is full. */
const WINDOW = 10_000;

/**
 * Relates a stream's time to the gateway's clock by the media that came soonest of late: what a
 * publisher's network holds up for a moment does not move the mark, a drifting clock does.
 */
export class ArrivalMarker implements PacketConsumer {
  readonly patient = true;
  readonly #clock: () => number;
  #least = Infinity;
  #leastBefore = Infinity;
  #windowEnds = 0;
  #latest = 0;

  /** `clock`: ms since 1970, not stepped. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  packet(packet: Packet): void {
    if (packet.kind === 'data' || packet.role === 'config') return;
    const now = this.#clock();
    const time = packet.dts / 1000;
    if (now >= this.#windowEnds) {
      this.#leastBefore = this.#least;
      this.#least = Infinity;
      this.#windowEnds = now + WINDOW;
    }
    this.#least = Math.min(this.#least, now - time);
    this.#latest = time;
  }

  discontinuity(): void {
    this.#least = this.#leastBefore = Infinity;
  }

  /** The newest moment; undefined before any media came. */
  get mark(): ArrivalMark | undefined {
    const offset = Math.min(this.#least, this.#leastBefore);
    return Number.isFinite(offset) ? { pts: this.#latest, at: this.#latest + offset } : undefined;
  }
}
