/**
 * The delay that this viewer really has: from a frame's arrival at the gateway to its presentation
 * here. Free of DOM and clock; the protocol is described in docs/decisions/006-measured-delay.md.
 */
import type { PresentedFrame } from '../transports/transport.ts';
import { GatewayClock } from './clock.ts';
import { Percentiles } from './percentiles.ts';

/** What the gateway answers on the timing address. */
export interface TimingAnswer {
  /** The gateway's clock when it answered, ms since 1970. */
  readonly now: number;
  /** A moment of the stream: its time as FLV carries it, ms, and when media of it arrived, ms since 1970. */
  readonly mark?: { readonly pts: number; readonly at: number } | null;
}

/** Reads a timing answer; `undefined` for anything else. */
export function parseTimingAnswer(value: unknown): TimingAnswer | undefined {
  if (typeof value !== 'object' || value === null || !('now' in value)) return undefined;
  if (typeof value.now !== 'number') return undefined;
  const mark = 'mark' in value ? value.mark : undefined;
  if (typeof mark !== 'object' || mark === null) return { now: value.now };
  if (!('pts' in mark) || !('at' in mark)) return { now: value.now };
  const { pts, at } = mark;
  if (typeof pts !== 'number' || typeof at !== 'number') return { now: value.now };
  return { now: value.now, mark: { pts, at } };
}

/** One observation a second for three minutes. */
const OBSERVATIONS = 180;
/** Delays outside are errors of a clock or of a time stamp, not delays; ms. */
const LEAST = -100;
const MOST = 120_000;

export class DelayMeter {
  readonly #clock = new GatewayClock();
  readonly #delays = new Percentiles(OBSERVATIONS);
  #mark: { pts: number; at: number } | undefined;
  #latest: number | undefined;

  /** Adds an exchange: when it was sent and answered by this computer's clock, and the answer. */
  exchanged(sent: number, received: number, answer: TimingAnswer): void {
    this.#clock.add(sent, answer.now, received);
    this.#mark = answer.mark ?? undefined;
  }

  /** Takes note of a frame that was presented; answers its delay in ms when it can be known. */
  presented(frame: PresentedFrame): number | undefined {
    const delay = this.#delayOf(frame);
    if (delay === undefined || delay < LEAST || delay > MOST) return undefined;
    this.#latest = Math.max(0, delay);
    this.#delays.add(this.#latest);
    return this.#latest;
  }

  #delayOf(frame: PresentedFrame): number | undefined {
    if ('capturedAt' in frame) return frame.presentedAt - frame.capturedAt;
    const { offset } = this.#clock;
    if (offset === undefined) return undefined;
    const shown = frame.presentedAt + offset;
    if ('arrivedAt' in frame) return shown - frame.arrivedAt;
    if (this.#mark === undefined) return undefined;
    return shown - (this.#mark.at + frame.pts - this.#mark.pts);
  }

  /** The last measured delay, ms. */
  get latest(): number | undefined {
    return this.#latest;
  }

  /** The delay that a share (0 to 1) of the last observations does not exceed, ms. */
  at(share: number): number | undefined {
    return this.#delays.at(share);
  }

  /** Another transport has another delay. */
  clear(): void {
    this.#delays.clear();
    this.#latest = undefined;
  }
}
