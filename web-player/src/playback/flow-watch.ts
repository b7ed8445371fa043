/**
 * Whether a WebRTC stream still comes, and still becomes pictures: a media element says neither.
 * Free of DOM and clock; times are milliseconds.
 */

/** Without a byte this long, the picture stands still. */
const STILL = 1000;
/** Packets without a picture this long: the decoder has lost its references, and finds none. */
const STUCK = 1000;
/** So many packets are more than the beginning of a picture. */
const STUCK_PACKETS = 15;

/** Counters of what was received, as `RTCInboundRtpStreamStats` has them. */
export interface FlowCounters {
  readonly bytesReceived: number;
  readonly videoPackets: number;
  readonly framesDecoded: number;
}

export type Flow = 'flowing' | 'still' | 'stuck';

export class FlowWatch {
  #bytes = 0;
  #cameAt = 0;
  #frames = 0;
  #packetsAtFrame = 0;
  #decodedAt = 0;

  /** Judges the counters as they are at `now`. Before the first bytes and pictures all is well. */
  observe(now: number, { bytesReceived, videoPackets, framesDecoded }: FlowCounters): Flow {
    if (bytesReceived !== this.#bytes) {
      this.#bytes = bytesReceived;
      this.#cameAt = now;
    }
    if (framesDecoded !== this.#frames || this.#frames === 0) {
      this.#frames = framesDecoded;
      this.#packetsAtFrame = videoPackets;
      this.#decodedAt = now;
    }
    if (this.#bytes > 0 && now - this.#cameAt > STILL) return 'still';
    const without = videoPackets - this.#packetsAtFrame;
    if (without >= STUCK_PACKETS && now - this.#decodedAt > STUCK) return 'stuck';
    return 'flowing';
  }
}
