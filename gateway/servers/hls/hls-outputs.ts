import { HlsStream, type HlsSettings, type LiveStream } from './hls-stream.ts';

/** Where live streams are found; the hub is one. */
export interface LiveSource {
  find(name: string): LiveStream | undefined;
}

export interface HlsOutputsOptions {
  readonly source: LiveSource;
  readonly settings: () => HlsSettings;
  /** Wall clock, ms since 1970. */
  readonly now: () => number;
  /** A word that no earlier run of a stream had: letters, digits, `_`, `-`. */
  readonly newRun: () => string;
}

/** A stream that nobody has asked for is muxed for this long, ms. */
const IDLE = 60_000;

/** 2025-01-01T00:00:00Z, ms since 1970. */
const SEQUENCE_EPOCH = 1_735_689_600_000;

/**
 * The live streams that are muxed to HLS at present: those that are being asked for.
 *
 * Muxing begins with the first request, out of the packets that the stream keeps for those who
 * join, and ends when nobody has asked for a minute (docs/decisions/003-hls-on-demand.md).
 */
export class HlsOutputs {
  #options: HlsOutputsOptions;
  #outputs = new Map<string, { stream: HlsStream; asked: number }>();

  constructor(options: HlsOutputsOptions) {
    this.#options = options;
  }

  /** Streams that are muxed, or of which the end can still be had. */
  get streams(): HlsStream[] {
    return [...this.#outputs.values()].map(({ stream }) => stream);
  }

  /** Whether there is a live stream of this name, muxed or not. */
  isLive(name: string): boolean {
    return isLive(this.#options.source.find(name));
  }

  /** Whether `open` would find something. */
  has(name: string): boolean {
    return this.#outputs.has(name) || this.isLive(name);
  }

  /**
   * The stream as HLS. A live one is muxed from now on, if it was not yet; of one that is over, the
   * end can be had for a while. Undefined when there is neither.
   */
  open(name: string): HlsStream | undefined {
    const { source, now, settings, newRun } = this.#options;
    const live = source.find(name);
    const known = this.#outputs.get(name);
    if (known) known.asked = now();
    if (!isLive(live) || (known && !known.stream.ended && known.stream.source === live)) {
      return known?.stream;
    }
    known?.stream.close();
    const stream = new HlsStream(live, {
      settings,
      now,
      run: newRun(),
      // Grows faster than segments do, so a later run, of another process too, is always ahead.
      mediaSequence: Math.max(0, Math.floor((now() - SEQUENCE_EPOCH) / 1000)),
      after: known?.stream,
    });
    this.#outputs.set(name, { stream, asked: now() });
    return stream;
  }

  /** Seconds between a player's requests; 0 when the stream is not muxed. */
  targetDuration(name: string): number {
    return this.#outputs.get(name)?.stream.targetDuration ?? 0;
  }

  /** Ends the streams that nobody has asked for any more; to be called every few seconds. */
  sweep(): void {
    const { now } = this.#options;
    for (const [name, { stream, asked }] of this.#outputs) {
      if (now() - asked < IDLE) continue;
      stream.close();
      this.#outputs.delete(name);
    }
  }

  close(): void {
    for (const { stream } of this.#outputs.values()) stream.close();
    this.#outputs.clear();
  }
}

function isLive(stream: LiveStream | undefined): stream is LiveStream {
  return stream?.state === 'live' || stream?.state === 'interrupted';
}
