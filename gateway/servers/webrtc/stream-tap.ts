import type { Stream } from '../../live/stream.ts';

/** Takes an Opus packet as its publisher sent it; `pts`: stream time, µs. */
export type OpusListener = (packet: Uint8Array, pts: number) => void;

/** A WHIP publisher as WebRTC viewers of its stream see it. */
export interface TapSource {
  /** Its sound is Opus: there is no need to encode it anew. */
  readonly hasOpus: boolean;
  /** Asks it for a key frame, as often as is sensible. */
  requestKeyFrame(): void;
}

/**
 * The short way from a WHIP publisher to the WebRTC viewers of its stream. What other formats need
 * is AAC, made of the Opus and packets of the stream; viewers in WebRTC take the Opus itself.
 */
export class StreamTap {
  readonly listeners = new Set<OpusListener>();
  source: TapSource | undefined;

  opus(packet: Uint8Array, pts: number): void {
    for (const listener of this.listeners) listener(packet, pts);
  }
}

const taps = new WeakMap<Stream, StreamTap>();

/** The stream's tap, which lives as long as the stream. */
export const tapOf = (stream: Stream): StreamTap => {
  let tap = taps.get(stream);
  if (tap === undefined) taps.set(stream, (tap = new StreamTap()));
  return tap;
};
