import { randomInt } from 'node:crypto';
import { clockRates } from './frame.ts';

/** Share of a packet's deviation by which the wall clock of running time is moved. */
const EPOCH_STEP = 0.01;
/** After a new beginning, a stream that is behind by less than this was only uneven, ms. */
const LEAST_PAUSE_MS = 300;
const RTP_RANGE = 2 ** 32;

/**
 * Ties a stream's time to RTP time and to the wall clock, alike for sound and picture.
 *
 * Stream time stands still while nobody publishes; RTP time runs on. Receivers take what falls
 * behind the wall clock for packets that the network held up, and would wait for more of them.
 */
export class RtpClock {
  /** RTP time of running time 0 (RFC 3550, 5.1: random). */
  readonly offset: number;
  readonly #wall: () => number;
  /** Stream time plus this is running time, µs. */
  #pause = 0;
  /** Wall clock of running time 0, ms since 1970: what sender reports go by. */
  #epoch: number;
  #isMeasured = false;
  #isResuming = false;

  /** `wall`: ms since 1970; `now`: the stream's time, µs. */
  constructor(wall: () => number, now: number, offset = randomInt(0, 2 ** 31)) {
    this.offset = offset;
    this.#wall = wall;
    this.#epoch = wall() - now / 1000;
  }

  /** Running time, µs, of a stream time. */
  running(pts: number): number {
    return pts + this.#pause;
  }

  /** RTP time, not wrapped, of a stream time in µs. */
  ticks(pts: number, kind: 'video' | 'audio'): number {
    return this.offset + Math.round((this.running(pts) * clockRates[kind]) / 1e6);
  }

  /** Wall clock, ms since 1970, at which media of a stream time arrives. */
  unixMs(pts: number): number {
    return this.#epoch + this.running(pts) / 1000;
  }

  /** A moment of the stream, whole ms near `pts` µs, and the picture's RTP time for it, 32 bits. */
  mark(pts: number): { readonly rtp: number; readonly ms: number } {
    const ms = Math.floor(pts / 1000);
    return { rtp: this.ticks(ms * 1000, 'video') % RTP_RANGE, ms };
  }

  /** What comes next does not continue what came. */
  resume(): void {
    this.#isResuming = true;
  }

  /** Media of a stream time, µs, came: after a new beginning it tells how long the pause was. */
  arrived(pts: number): void {
    if (!this.#isResuming) return;
    this.#isResuming = false;
    const late = Math.round(this.#wall() - this.unixMs(pts));
    if (late >= LEAST_PAUSE_MS) this.#pause += late * 1000;
    else this.#isMeasured = false;
  }

  /** Keeps the epoch at the arrivals, slowly: a publisher's clock drifts, networks jitter. */
  follow(pts: number): void {
    const step = this.#isMeasured ? EPOCH_STEP : 1;
    this.#epoch += (this.#wall() - this.unixMs(pts)) * step;
    this.#isMeasured = true;
  }
}
