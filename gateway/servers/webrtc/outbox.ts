import type { LaneKey } from '../../protocols/srtp/packet-lanes.ts';
import { LANE_COUNT, packetLanes, signLanes } from '../../protocols/srtp/packet-lanes.ts';
import type { Path } from './path.ts';

/** The lanes' beginnings, by length: making one anew for each packet would be garbage. */
const views = packetLanes.map((lane) =>
  new Array<Buffer | undefined>(lane.length + 1).fill(undefined),
);

/**
 * Packets of all viewers on their way out. They are signed four at a time, which takes half the time
 * of one by one, while somebody gathers. Nothing waits longer than that.
 */
class Outbox {
  #gathering = 0;
  #waiting = 0;
  readonly #lengths = new Array<number>(LANE_COUNT).fill(0);
  readonly #keys: LaneKey[] = [];
  readonly #paths: (Path | undefined)[] = [];

  /** Where the next packet is to be written. */
  get lane(): number {
    return this.#waiting;
  }

  /** The memory of that lane. */
  get packet(): Buffer {
    return packetLanes[this.#waiting]!;
  }

  /** Sends the packet in `lane`. Without a key it is complete. */
  send(length: number, key: LaneKey | undefined, path: Path | undefined): void {
    const lane = this.#waiting;
    if (key === undefined) {
      this.#flush();
      path?.send(view(lane, length));
      return;
    }
    this.#lengths[lane] = length;
    this.#keys[lane] = key;
    this.#paths[lane] = path;
    this.#waiting++;
    if (this.#gathering === 0 || this.#waiting === LANE_COUNT) this.#flush();
  }

  /** What `send` sends, to one or many, may wait for each other. */
  gather(send: () => void): void {
    this.#gathering++;
    try {
      send();
    } finally {
      if (--this.#gathering === 0) this.#flush();
    }
  }

  #flush(): void {
    const count = this.#waiting;
    if (count === 0) return;
    signLanes(this.#keys, this.#lengths, count);
    this.#waiting = 0;
    for (let lane = 0; lane < count; lane++)
      this.#paths[lane]?.send(view(lane, this.#lengths[lane]!));
  }
}

const view = (lane: number, length: number): Buffer =>
  (views[lane]![length] ??= packetLanes[lane]!.subarray(0, length));

/** There is one, as there is one memory to sign packets in. */
export const outbox = new Outbox();
