import { mux, type Muxer } from '../../live/muxer.ts';
import type { Sink } from '../../live/viewer.ts';
import { encodeAmf0 } from '../../protocols/amf/amf0.ts';
import { emptyAmfObject, type AmfValue } from '../../protocols/amf/value.ts';
import type { StatusCode } from '../../protocols/rtmp/status.ts';
import type { DataPacket, MediaPacket } from '../../../shared/media.ts';
import { rtmpFormat, type Wanted } from './rtmp-muxer.ts';
import type { VodReader } from './vod-reader.ts';

/** Sent ahead of what is being shown while the client has not said how much it buffers, ms. */
const DEFAULT_BUFFER_MS = 3000;
/** A client that buffers nothing is sent this much ahead all the same, ms: reading takes time. */
const MIN_BUFFER_MS = 500;
/** What is sent is gathered for so long, ms. */
const STEP_MS = 250;
/** A client that takes its bytes more slowly is waited for from here on, bytes. */
const MAX_QUEUED = 2 * 1024 * 1024;

/** What the player says of itself to its NetStream. */
export interface VodPlayerEvents {
  notify(code: StatusCode, description: string): void;
  /** The end was reached: the last word is `NetStream.Play.Stop`, then Stream EOF. */
  ended(): void;
  /** The file could not be read any more. */
  failed(error: unknown): void;
}

/** The part of a session that a player keeps up to date. */
export interface VodAccount {
  bytes: number;
  timestamp: number;
}

export interface VodPlayerOptions {
  readonly name: string;
  readonly reader: VodReader;
  readonly sink: Sink;
  readonly streamId: number;
  readonly account: VodAccount;
  readonly events: VodPlayerEvents;
  /** What is played, µs from the file's begin; no `end`: all. */
  readonly start: number;
  readonly end: number | undefined;
  /** ms, monotonic */
  readonly clock?: () => number;
}

/**
 * - `playing`: sends, as fast as time passes but for the client's buffer;
 * - `paused`;
 * - `done`: everything has been sent; a seek begins anew;
 * - `closed`.
 */
type VodState = 'playing' | 'paused' | 'done' | 'closed';

/** Plays a file to one NetStream. */
export class VodPlayer {
  #options: VodPlayerOptions;
  #clock: () => number;
  #state: VodState = 'playing';
  #muxer: Muxer;
  #wanted: Wanted = { audio: true, video: true };
  #bufferMs = DEFAULT_BUFFER_MS;
  /** At this clock (ms) the client shows that media time (µs). */
  #shownAt = 0;
  #shown = 0;
  /** Counts up with each pause and seek: who sends, stops then. */
  #run = 0;
  /** Counts up with each seek: what was read before is not sent any more. */
  #place = 0;
  #sending: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;

  constructor(options: VodPlayerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#muxer = rtmpFormat(options.streamId, this.#wanted).create();
  }

  /** Sends what the client has to know first, and begins. */
  begin(): void {
    const { reader, start } = this.#options;
    const about = Object.assign(emptyAmfObject(), reader.metadata);
    this.#sendData('onMetaData', about);
    this.#playFrom(start);
  }

  /** How much the client buffers, ms: so far ahead it is sent. */
  setBufferLength(milliseconds: number): void {
    this.#bufferMs = Math.max(MIN_BUFFER_MS, milliseconds);
    this.#wake?.();
  }

  pause(paused: boolean): void {
    const { events, name } = this.#options;
    if (paused && this.#state === 'playing') {
      this.#shown = this.#showing();
      this.#state = 'paused';
      this.#stop();
    } else if (!paused && this.#state === 'paused') {
      this.#state = 'playing';
      this.#shownAt = this.#clock();
      this.#go();
    }
    if (paused) events.notify('NetStream.Pause.Notify', `Pausing ${name}.`);
    else events.notify('NetStream.Unpause.Notify', `Unpausing ${name}.`);
  }

  /** Goes on from the key frame at or before that place, ms, paused or not. */
  seek(milliseconds: number): void {
    const { events, name, reader } = this.#options;
    if (!(milliseconds >= 0 && milliseconds * 1000 <= reader.duration)) {
      const length = (reader.duration / 1e6).toFixed(3);
      events.notify(
        'NetStream.Seek.InvalidTime',
        `${milliseconds} ms is no place in ${name}, which is ${length} s long.`,
      );
      return;
    }
    events.notify('NetStream.Seek.Notify', `Seeking ${milliseconds} ms.`);
    if (this.#state !== 'paused') {
      events.notify('NetStream.Play.Start', `Started playing ${name}.`);
    }
    this.#playFrom(milliseconds * 1000);
  }

  /** What the client wants to receive; a picture comes back with a key frame. */
  want(wanted: Wanted): void {
    const again = wanted.video && !this.#wanted.video;
    this.#wanted = wanted;
    this.#muxer = rtmpFormat(this.#options.streamId, wanted).create();
    if (again && this.#state !== 'done') this.#playFrom(this.#showing());
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#place++;
    this.#stop();
    void this.#options.reader.close();
  }

  #playFrom(time: number): void {
    if (this.#state === 'closed') return;
    const { reader } = this.#options;
    this.#stop();
    this.#place++;
    this.#shown = reader.seek(time);
    this.#shownAt = this.#clock();
    this.#write(reader.configs());
    if (this.#state === 'done') this.#state = 'playing';
    if (this.#state === 'playing') this.#go();
  }

  /** Begins to send when who sent before has stopped. */
  #go(): void {
    const run = ++this.#run;
    this.#sending = this.#sending.then(() => this.#send(run));
  }

  #stop(): void {
    this.#run++;
    this.#wake?.();
  }

  /** The media time that the client shows now, µs, if it began at once. */
  #showing(): number {
    return this.#state === 'playing'
      ? this.#shown + (this.#clock() - this.#shownAt) * 1000
      : this.#shown;
  }

  async #send(run: number): Promise<void> {
    const { reader, sink, end, events } = this.#options;
    try {
      while (run === this.#run) {
        const next = reader.next;
        if (next === undefined || (end !== undefined && next >= end)) return this.#finish();
        if (sink.queued > MAX_QUEUED) {
          await this.#sleep(STEP_MS);
          continue;
        }
        const until = this.#showing() + this.#bufferMs * 1000;
        if (next >= until) {
          await this.#sleep(Math.max(STEP_MS, Math.ceil((next - until) / 1000)));
          continue;
        }
        const place = this.#place;
        const packets = await reader.read(Math.min(until, end ?? Infinity));
        if (place === this.#place) this.#write(packets);
      }
    } catch (error) {
      if (run === this.#run) events.failed(error);
    }
  }

  #finish(): void {
    const { events, reader, account } = this.#options;
    this.#state = 'done';
    this.#run++;
    this.#shown = reader.duration;
    const status = Object.assign(emptyAmfObject(), {
      level: 'status',
      code: 'NetStream.Play.Complete',
      duration: reader.duration / 1e6,
      bytes: account.bytes,
    });
    this.#sendData('onPlayStatus', status);
    events.ended();
  }

  #write(packets: readonly (MediaPacket | DataPacket)[]): void {
    const bytes = mux(this.#muxer, packets);
    if (!bytes) return;
    const { sink, account } = this.#options;
    sink.write(bytes);
    account.bytes += bytes.length;
    account.timestamp = Math.round(packets.at(-1)!.dts / 1000);
  }

  #sendData(name: string, value: AmfValue): void {
    const dts = this.#options.reader.next ?? this.#options.reader.duration;
    const body = encodeAmf0(name, value);
    this.#write([{ kind: 'data', carrier: 'data', name, dts: Math.round(dts), pts: dts, body }]);
  }

  /** Resolves after a time, or when something changes. */
  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#wake = done;
    });
  }
}
