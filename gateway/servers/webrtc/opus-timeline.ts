import type { Stream } from '../../live/stream.ts';
import { trackKey } from '../../live/track.ts';
import { clockRates } from './frame.ts';

/** A clock of its own on the stream's timeline, which keeps it beside the other tracks. */
const TRACK = trackKey('audio', 255);
/** Stream time is whole ms, Opus is not: further off than this is not rounding, µs. */
const TOLERANCE = 5_000;

/** Puts Opus packets on the stream's timeline to the sample, so that one continues the other. */
export class OpusTimeline {
  readonly #stream: Stream;
  #anchor: { readonly rtp: number; readonly pts: number } | undefined;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** Stream time, µs, of a packet. `rtp`: not wrapped; `ms`: what the publisher's clock makes of it. */
  map(rtp: number, ms: number): number {
    const near = this.#stream.timeline.map(ms >>> 0, TRACK);
    if (this.#anchor !== undefined) {
      const { rtp: base, pts } = this.#anchor;
      const exact = pts + Math.round(((rtp - base) * 1e6) / clockRates.audio);
      if (Math.abs(exact - near) <= TOLERANCE) return exact;
    }
    this.#anchor = { rtp, pts: near };
    return near;
  }
}
