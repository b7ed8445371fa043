import { RateMeter } from '../../ops/rate-meter.ts';
import type { RegistryEvents } from '../../sessions/registry.ts';
import type { Session } from '../../sessions/session.ts';
import type { SessionList } from '../control/drop.ts';
import type { LiveStream } from './live-stream.ts';

/** What a stream carries; rates in bytes or frames a second. */
export interface StreamTraffic {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly audioRate: number;
  readonly videoRate: number;
  readonly outRate: number;
  readonly frameRate: number;
}

/** What the gateway carries in all: totals since the start. */
export interface Totals {
  /** From publishers, whatever they speak. */
  readonly bytesIn: number;
  /** To RTMP players. */
  readonly rtmpOut: number;
  /** To everybody who came over HTTP. */
  readonly httpOut: number;
  /** Frames left out for slow viewers. */
  readonly dropped: number;
}

interface StreamEntry {
  /** Bytes to viewers that have left. */
  outBefore: number;
  out: number;
  readonly rates: Record<'audio' | 'video' | 'out' | 'frames', RateMeter>;
}

/**
 * Measures rates by looking at the counters of sessions and streams once a second: those who carry
 * media only count.
 */
export class Traffic {
  #sessions: SessionList;
  #streams: () => readonly LiveStream[];
  #clock: () => number;
  #entries = new Map<string, StreamEntry>();
  /** Of sessions that are over. */
  #before: Mutable<Totals> = { bytesIn: 0, rtmpOut: 0, httpOut: 0, dropped: 0 };
  #rates = { bytesIn: new RateMeter(), rtmpOut: new RateMeter(), httpOut: new RateMeter() };

  /** `clock`: monotonic ms. */
  constructor(sessions: SessionList, streams: () => readonly LiveStream[], clock: () => number) {
    this.#sessions = sessions;
    this.#streams = streams;
    this.#clock = clock;
    this.sample();
  }

  /** Tell these to the session registry's listener: what a session carried must not be lost. */
  readonly events: RegistryEvents = {
    ended: (session) => {
      add(this.#before, session);
      const { kind, app, name } = session.details;
      if (kind === 'play' && app === 'live') this.#entry(name).outBefore += session.bytes;
    },
  };

  /** Looks at all counters; to be called once a second. */
  sample(): void {
    const now = this.#clock();
    for (const entry of this.#entries.values()) entry.out = entry.outBefore;
    for (const { details, bytes } of this.#sessions.list()) {
      if (details.kind === 'play' && details.app === 'live') this.#entry(details.name).out += bytes;
    }
    const streams = new Map(this.#streams().map((stream) => [stream.name, stream]));
    for (const [name, entry] of this.#entries) {
      if (!streams.has(name)) this.#entries.delete(name);
      else entry.rates.out.sample(now, entry.out);
    }
    for (const { name, counters } of streams.values()) {
      const { rates } = this.#entry(name);
      rates.audio.sample(now, counters.audioBytes);
      rates.video.sample(now, counters.videoBytes);
      rates.frames.sample(now, counters.videoFrames);
    }
    const totals = this.totals();
    for (const key of ['bytesIn', 'rtmpOut', 'httpOut'] as const) {
      this.#rates[key].sample(now, totals[key]);
    }
  }

  totals(): Totals {
    const totals = { ...this.#before };
    for (const session of this.#sessions.list()) add(totals, session);
    return totals;
  }

  /** Bytes a second of all, over the last seconds. */
  rates(): Omit<Totals, 'dropped'> {
    const now = this.#clock();
    const totals = this.totals();
    return {
      bytesIn: this.#rates.bytesIn.perSecond(now, totals.bytesIn),
      rtmpOut: this.#rates.rtmpOut.perSecond(now, totals.rtmpOut),
      httpOut: this.#rates.httpOut.perSecond(now, totals.httpOut),
    };
  }

  /** @param out bytes that the stream's viewers of now have been sent */
  ofStream({ name, counters }: LiveStream, out: number): StreamTraffic {
    const now = this.#clock();
    const { rates, outBefore } = this.#entry(name);
    const bytesOut = outBefore + out;
    return {
      bytesIn: counters.audioBytes + counters.videoBytes,
      bytesOut,
      audioRate: rates.audio.perSecond(now, counters.audioBytes),
      videoRate: rates.video.perSecond(now, counters.videoBytes),
      outRate: rates.out.perSecond(now, bytesOut),
      frameRate: rates.frames.perSecond(now, counters.videoFrames),
    };
  }

  #entry(name: string): StreamEntry {
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      const rates = {
        audio: new RateMeter(),
        video: new RateMeter(),
        out: new RateMeter(),
        frames: new RateMeter(),
      };
      // Everything counts from nothing: a stream's first bytes are traffic too.
      for (const rate of Object.values(rates)) rate.sample(this.#clock(), 0);
      entry = { outBefore: 0, out: 0, rates };
      this.#entries.set(name, entry);
    }
    return entry;
  }
}

function add(totals: Mutable<Totals>, { details, bytes, dropped }: Session): void {
  totals.dropped += dropped;
  if (details.kind === 'publish') totals.bytesIn += bytes;
  else if (details.protocol === 'rtmp') totals.rtmpOut += bytes;
  else totals.httpOut += bytes;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
