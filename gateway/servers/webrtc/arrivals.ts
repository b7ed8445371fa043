import type { TransportFeedback } from '../../protocols/rtp/transport-feedback.ts';
import { unwrap } from '../../protocols/rtp/sequence.ts';

/** Packets that one feedback covers at most. */
const MAX_COVERED = 400;

/** When a publisher's packets arrived, by transport-wide sequence number, for its estimate. */
export class Arrivals {
  #times = new Map<number, number>();
  #from = -1;
  #highest = -1;

  /** Notes a packet. `now`: monotonic ms. */
  note(sequence: number, now: number): void {
    if (this.#highest < 0) this.#highest = this.#from = sequence + 0x10000;
    const index = unwrap(sequence, this.#highest, 16);
    if (index < this.#from) return; // it was reported missing; the sender has moved on
    this.#times.set(index, now);
    this.#highest = Math.max(this.#highest, index);
  }

  /** What arrived since the last call; undefined when nothing did. */
  take(): TransportFeedback | undefined {
    if (this.#times.size === 0) return undefined;
    const from = Math.max(this.#from, this.#highest - MAX_COVERED + 1);
    const arrivals: (number | undefined)[] = [];
    for (let index = from; index <= this.#highest; index++) arrivals.push(this.#times.get(index));
    this.#times = new Map();
    this.#from = this.#highest + 1;
    return { baseSequence: from & 0xffff, arrivals };
  }
}
