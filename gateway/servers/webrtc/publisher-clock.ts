import { unwrap } from '../../protocols/rtp/sequence.ts';
import { clockRates } from './frame.ts';

/** Sound is moved against picture when it is off by more than this, ms. */
const SYNC_TOLERANCE_MS = 15;
/** Clocks that differ by more than this have nothing to do with each other, ms. */
const SYNC_LIMIT_MS = 10_000;
/** The time of sound that paused stood still if it lost more than this, ms: less is the network's. */
const LEAST_LOSS_MS = 200;

type Kind = 'video' | 'audio';

/** RTP time of one kind, and what ties it to the publisher's ms. */
interface TrackClock {
  readonly rate: number;
  /** RTP time, not wrapped, that stands for `baseMs`. */
  readonly base: number;
  baseMs: number;
  newest: number;
  arrivedAt: number;
  /** From the last sender report: RTP time and the publisher's wall clock, ms. */
  report: { readonly rtp: number; readonly ntpMs: number } | undefined;
}

/** A publisher's RTP times as ms since it connected, sound and picture by one clock. */
export class PublisherClock {
  readonly #clock: () => number;
  readonly #tracks: Partial<Record<Kind, TrackClock>> = {};
  /** The picture's time when the newest sound came, ms. */
  #pictureMs = 0;
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
    const now = this.#clock();
    const track = (this.#tracks[kind] ??= {
      rate,
      base: rtp,
      baseMs: now - this.#startedAt,
      newest: rtp,
      arrivedAt: now,
      report: undefined,
    });
    const before = msOf(track);
    track.newest = unwrap(rtp, track.newest, 32);
    if (kind === 'audio') this.#makeUp(track, before, now);
    track.arrivedAt = now;
    return { rtp: track.newest, ms: Math.max(0, Math.round(msOf(track))) };
  }

  /**
   * Browsers' RTP time of sound stands still while its sender has no track, and a sender report tells
   * only seconds after its return. What both the picture's time and ours ran on meanwhile is made up
   * for: after a standstill of the network the picture's has not, and while a picture stands ours has.
   */
  #makeUp(audio: TrackClock, before: number, now: number): void {
    const { video } = this.#tracks;
    const pictureMs = video === undefined ? 0 : msOf(video);
    const passed = Math.min(pictureMs - this.#pictureMs, now - audio.arrivedAt);
    const lost = passed - (msOf(audio) - before);
    if (this.#pictureMs > 0 && lost > LEAST_LOSS_MS) {
      audio.baseMs += lost;
      audio.report = undefined; // it is of before
    }
    this.#pictureMs = pictureMs;
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
    return msOf(track, report.rtp) - report.ntpMs;
  }
}

const msOf = ({ base, baseMs, newest, rate }: TrackClock, rtp = newest): number =>
  baseMs + ((rtp - base) * 1000) / rate;
