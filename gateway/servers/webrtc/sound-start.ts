import { emptyOpus } from '../../protocols/opus/empty.ts';
import type { RtpParameters } from './rtp-sender.ts';

/**
 * A browser's sound output takes so long to start, and in between it is not asked for sound: what
 * arrives meanwhile looks late, ms.
 */
const OUTPUT_MS = 400;
/** Then its jitter buffer looks at arrivals for half a second before it believes them, ms. */
const LEARNING_MS = 600;

/**
 * Whether a viewer that takes such a picture plays its sound by NetEq: the extension is one of
 * WebRTC's own library, which all browsers have, and other clients do not offer it.
 */
export const hasNetEq = (video: RtpParameters | undefined): boolean =>
  video !== undefined && video.extensions.playoutDelay !== 0;

/**
 * How a browser's sound beside a picture begins. Its jitter buffer (NetEq) aims at 80 ms until it has
 * seen packets come evenly for half a second; it stretches what it plays to get there, and gives what it
 * has too much back only slowly: sound was 70 to 150 ms behind the picture for seconds. So packets
 * without sound come first, which it plays at once, and the sound begins at its least aim.
 */
export class SoundStart {
  readonly #learnsFrom: number;
  readonly #beginsAt: number;

  /** `now`: monotonic ms, when the viewer's media begins. */
  constructor(now: number) {
    this.#learnsFrom = now + OUTPUT_MS;
    this.#beginsAt = this.#learnsFrom + LEARNING_MS;
  }

  /** What is sent in place of an Opus packet; undefined: nothing. */
  next(packet: Uint8Array, now: number): Uint8Array | undefined {
    if (now >= this.#beginsAt) return packet;
    return now < this.#learnsFrom ? undefined : emptyOpus(packet);
  }
}
