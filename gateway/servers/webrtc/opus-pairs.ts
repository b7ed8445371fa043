import { opusPacketSamples } from '../../../shared/codecs/opus.ts';
import { joinOpus } from '../../protocols/opus/join.ts';
import type { OpusListener } from './stream-tap.ts';

/** What lasts as long as this is not short, samples at 48 kHz: 20 ms. */
const LONG = 960;
/** A packet follows another when its time is off by less than this, µs. */
const TOLERANCE = 1_000;

/** Whether a packet lasts less than 20 ms; what cannot be read is passed on as it is. */
export const isShortOpus = (packet: Uint8Array): boolean => samplesOf(packet) < LONG;

/** Joins packets of 10 ms to packets of 20 ms. */
export class OpusPairs {
  readonly #emit: OpusListener;
  #first: { readonly packet: Uint8Array; readonly pts: number; readonly ends: number } | undefined;

  constructor(emit: OpusListener) {
    this.#emit = emit;
  }

  /** Takes a short packet. */
  push(packet: Uint8Array, pts: number): void {
    const first = this.#first;
    if (first !== undefined) {
      const follows = Math.abs(pts - first.ends) < TOLERANCE;
      const joined = follows ? joinOpus(first.packet, packet) : undefined;
      this.#first = undefined;
      this.#emit(joined ?? first.packet, first.pts);
      if (joined !== undefined) return;
    }
    this.#first = { packet, pts, ends: pts + (samplesOf(packet) * 1000) / 48 };
  }

  /** What comes next does not continue what came. */
  reset(): void {
    this.#first = undefined;
  }
}

const samplesOf = (packet: Uint8Array): number => {
  try {
    return opusPacketSamples(packet);
  } catch {
    return LONG;
  }
};
