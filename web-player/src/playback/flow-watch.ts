/**
 * Whether a live stream still comes, and still becomes pictures: a media element says neither. Free of
 * DOM and clock; times are milliseconds.
 */

/** Without a byte this long, the picture stands still. */
const STILL = 1000;
/** Packets without a picture this long: the decoder shows no more of them by itself. */
const STUCK = 1000;
/** So many packets are more than the beginning of a picture. */
const STUCK_PACKETS = 15;

/** Counters of what was received; over WebRTC those of `RTCInboundRtpStreamStats`. */
export interface FlowCounters {
  readonly bytesReceived: number;
  /** Parts of pictures, or whole ones. */
  readonly videoPackets: number;
  readonly framesDecoded: number;
}

export type Flow = 'flowing' | 'still' | 'stuck';

export class FlowWatch {
  #bytes = 0;
  #cameAt = 0;
  #frames = 0;
  #packetsAtFrame = 0;
  /** When the first packet was seen after the last picture, an outage not counted. */
  #waitingSince: number | undefined;

  /** Judges the counters as they are at `now`. Before the first bytes and pictures all is well. */
  observe(now: number, { bytesReceived, videoPackets, framesDecoded }: FlowCounters): Flow {
    if (bytesReceived !== this.#bytes) {
      this.#bytes = bytesReceived;
      this.#cameAt = now;
    }
    if (framesDecoded !== this.#frames || this.#frames === 0) {
      this.#frames = framesDecoded;
      this.#packetsAtFrame = videoPackets;
    }
    const isStill = this.#bytes > 0 && now - this.#cameAt > STILL;
    const without = videoPackets - this.#packetsAtFrame;
    if (isStill || without === 0) this.#waitingSince = undefined;
    else this.#waitingSince ??= now;
    if (isStill) return 'still';
    const isStuck = without >= STUCK_PACKETS && now - (this.#waitingSince ?? now) > STUCK;
    return isStuck ? 'stuck' : 'flowing';
  }
}
