import { opusPacketSamples } from '../../../shared/codecs/opus.ts';

/**
 * Sound that stays away for longer than this, and than the picture, is a pause, ms: longer than a lost
 * packet is waited for. Here and below for packets of 20 ms; longer ones take so much longer to come.
 */
const PATIENCE_MS = 150;
/**
 * In a pause, and for so much sound after it, silence stays only so much behind what may come, ms:
 * while nobody speaks, some encoders send a packet of the room's noise now and then.
 */
const RECENT_MS = 300;
const MARGIN_MS = 60;
/** Of a standstill of all that comes, no more than its end is filled, ms. */
const MOST_FILLED_MS = 1_000;
/** 20 ms of silence: one frame of CELT, the whole band, in stereo (RFC 6716, 3.1). */
const SILENCE = Buffer.from([0xfc, 0xff, 0xfe]);
const SILENCE_MS = 20;
/** Packets of no more bytes have no sound in them (DTX). */
const EMPTY_BYTES = 2;
/** Sound that returns more than this before its silence ends is not late: it has another time, ms. */
const MOST_LATE_MS = 300;

/** Where what was passed on ends, ms, when the publisher's newest packet came. */
interface Mark {
  readonly end: number;
  /** How long the packet is. */
  readonly length: number;
  readonly pictureMs: number;
  /** Monotonic ms. */
  readonly at: number;
}

/**
 * A publisher's sound without pauses. Publishers in WebRTC send none while the microphone is off, and
 * next to none while nobody speaks (DTX); players of FLV and HLS would stand until it returns. Silence
 * takes its place, as far as pictures have come meanwhile: when those stay away too, it is the network.
 */
export class SoundPauses {
  readonly #emit: (packet: Uint8Array, ms: number) => void;
  #mark: Mark | undefined;
  #pictureMs = 0;
  /** Where what was passed on ends, and the last silence in it, ms. */
  #end = 0;
  #silentUntil = -Infinity;
  #isPause = false;

  /** `emit` is given the publisher's Opus packets and those of silence, with their time, ms. */
  constructor(emit: (packet: Uint8Array, ms: number) => void) {
    this.#emit = emit;
  }

  /** Takes an Opus packet of the publisher's time `ms`. `now`: monotonic ms. */
  sound(packet: Uint8Array, ms: number, now: number): void {
    const length = opusMs(packet);
    this.#mark = { end: ms + length, length, pictureMs: this.#pictureMs, at: now };
    let begin = ms;
    if (this.#isPause) {
      if (packet.length <= EMPTY_BYTES) return;
      const late = this.#end - ms;
      if (late < 0) this.#fill(ms);
      else if (late < MOST_LATE_MS) {
        if (late >= length / 2) return; // silence was heard in its place
        begin = this.#end;
      }
      this.#isPause = false;
    }
    this.#end = ms + length;
    this.#emit(packet, begin);
  }

  /** Takes the time `ms` of a picture: fills what is missing of the sound by then. */
  picture(ms: number, now: number): void {
    this.#pictureMs = ms;
    const mark = this.#mark;
    if (mark === undefined) return;
    const passed = Math.min(ms - mark.pictureMs, now - mark.at);
    const isRecent = mark.end - this.#silentUntil < RECENT_MS;
    const patience = isRecent ? MARGIN_MS : PATIENCE_MS;
    this.#fill(mark.end + passed - patience - (mark.length - SILENCE_MS));
  }

  #fill(until: number): void {
    this.#end = Math.max(this.#end, until - MOST_FILLED_MS);
    while (this.#end + SILENCE_MS <= until) {
      this.#isPause = true;
      this.#emit(SILENCE, this.#end);
      this.#silentUntil = this.#end += SILENCE_MS;
    }
  }
}

const opusMs = (packet: Uint8Array): number => {
  try {
    return opusPacketSamples(packet) / 48;
  } catch {
    return SILENCE_MS;
  }
};
