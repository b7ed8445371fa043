import { unwrap } from '../../protocols/rtp/sequence.ts';
import { clockRates } from './frame.ts';

/** Sound is moved against picture when it is off by more than this, ms. */
const SYNC_TOLERANCE_MS = 15;
/** Clocks that differ by more than this have nothing to do with each other, ms. */
const SYNC_LIMIT_MS = 10_000;

type Kind = 'video' | 'audio';

/** RTP time of one kind, and what ties it to the publisher's ms. */
interface TrackClock {
  readonly rate: number;
  /** RTP time, not wrapped, that stands for `baseMs`. */
  readonly base: number;
  baseMs: number;
  newest: number;
  /** From the last sender report: RTP time and the publisher's wall clock, ms. */
  report: { readonly rtp: number; readonly ntpMs: number } | undefined;
}

/** A publisher's RTP times as ms since it connected, sound and picture by one clock. */
export class PublisherClock {
  readonly #clock: () => number;
  readonly #tracks: Partial<Record<Kind, TrackClock>> = {};
  #startedAt = 0;

  /** `clock`: monotonic ms. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  start(): void {
    this.#startedAt = this.#clock();
  }

  /** The first packet of a kind stands for its arrival. `rtp`: 32 bits; answers it not wrapped. */
  read(kind: Kind, rtp: number): { readonly rtp: number; readonly ms: number } {
    const rate = clockRates[kind];
    const track = (this.#tracks[kind] ??= {
      rate,
      base: rtp,
      baseMs: this.#clock() - this.#startedAt,
      newest: rtp,
      report: undefined,
    });
    track.newest = unwrap(rtp, track.newest, 32);
    const ms = Math.round(track.baseMs + ((track.newest - track.base) * 1000) / rate);
    return { rtp: track.newest, ms: Math.max(0, ms) };
  }

  /** A sender report: moves sound to where the publisher's wall clock puts it beside the picture
   *  (RFC 3550, 6.4.1). */
  onReport(kind: Kind, rtp: number, ntpMs: number): void {
    const track = this.#tracks[kind];
    if (track === undefined) return;
    track.report = { rtp: unwrap(rtp, track.newest, 32), ntpMs };
    const { video, audio } = this.#tracks;
    if (video?.report === undefined || audio?.report === undefined) return;
    const off = this.#ahead(audio, audio.report) - this.#ahead(video, video.report);
    if (Math.abs(off) > SYNC_TOLERANCE_MS && Math.abs(off) < SYNC_LIMIT_MS) audio.baseMs -= off;
  }

  #ahead(track: TrackClock, report: NonNullable<TrackClock['report']>): number {
    return track.baseMs + ((report.rtp - track.base) * 1000) / track.rate - report.ntpMs;
  }
}
