import { opusPacketSamples } from '../../../shared/codecs/opus.ts';
import { joinOpus } from '../../protocols/opus/join.ts';
import type { OpusListener } from './stream-tap.ts';

/** Packets shorter than this are worth joining, samples at 48 kHz: 20 ms. */
const LONG = 960;
/** A packet follows another when its time is off by less than this, µs. */
const TOLERANCE = 1_000;

/**
 * Joins packets of 10 ms to packets of 20 ms while many listen: half as many to encrypt and send,
 * for 10 ms more of delay.
 */
export class OpusPairs {
  readonly #isCrowded: () => boolean;
  readonly #emit: OpusListener;
  #first: { readonly packet: Uint8Array; readonly pts: number; readonly ends: number } | undefined;

  constructor(isCrowded: () => boolean, emit: OpusListener) {
    this.#isCrowded = isCrowded;
    this.#emit = emit;
  }

  push(packet: Uint8Array, pts: number): void {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) {
      const follows = Math.abs(pts - first.ends) < TOLERANCE;
      const joined = follows ? joinOpus(first.packet, packet) : undefined;
      this.#emit(joined ?? first.packet, first.pts);
      if (joined !== undefined) return;
    }
    const samples = samplesOf(packet);
    if (samples >= LONG || !this.#isCrowded()) this.#emit(packet, pts);
    else this.#first = { packet, pts, ends: pts + (samples * 1000) / 48 };
  }

  /** What comes next does not continue what came. */
  reset(): void {
    this.#first = undefined;
  }
}

/** Whatever a publisher sent as Opus: what cannot be read is passed on as it is. */
const samplesOf = (packet: Uint8Array): number => {
  try {
    return opusPacketSamples(packet);
  } catch {
    return LONG;
  }
};
