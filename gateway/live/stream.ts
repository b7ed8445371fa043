import type { DataPacket, Packet } from '../../shared/media.ts';
import { GopCache, type GopLimits } from './gop-cache.ts';
import { Timeline } from './timeline.ts';
import { TrackList } from './track.ts';

/**
 * - `waiting`: nobody has published yet (viewers may be here already);
 * - `live`: a publisher sends;
 * - `interrupted`: the publisher was lost and may come back within the grace period;
 * - `ended`: the publisher said goodbye, or did not come back; a new one may still come.
 */
export type StreamState = 'waiting' | 'live' | 'interrupted' | 'ended';

/** Whoever takes a stream's packets: a fan-out, a segmenter, a recorder. Never throws. */
export interface PacketConsumer {
  packet(packet: Packet): void;
  /** What came in one go is through: what was gathered may go out. */
  flush?(): void;
  /** A new publisher, or a clock that was mended: what follows does not continue what was. */
  discontinuity?(): void;
  state?(state: StreamState): void;
  /** It does not mind when packets come some 100 ms late: it keeps books, or writes a file. */
  readonly patient?: boolean;
}

/** Bytes and frames that came in, for `stat`. */
export interface StreamCounters {
  videoBytes: number;
  audioBytes: number;
  dataBytes: number;
  videoFrames: number;
  audioFrames: number;
}

/** How long a stream that began with sound is given to bring its picture too, µs of stream time. */
const PICTURE_WAIT = 1_000_000;

/** One live stream: takes a publisher's packets, keeps what joiners need, hands packets to consumers. */
export class Stream {
  readonly name: string;
  readonly timeline = new Timeline();
  readonly tracks = new TrackList();
  readonly counters: StreamCounters = {
    videoBytes: 0,
    audioBytes: 0,
    dataBytes: 0,
    videoFrames: 0,
    audioFrames: 0,
  };
  /** Wall clock, ms since 1970, at which the present publisher started. */
  since = 0;
  #state: StreamState = 'waiting';
  #gop: GopCache;
  #metadata: DataPacket | undefined;
  #consumers: PacketConsumer[] = [];
  #watched = false;
  /** Called when somebody begins to wait for the stream's packets. */
  onWatched: (() => void) | undefined;
  #ready = false;
  #now = 0;
  /** Stream time of the present publisher's first frame, µs. */
  #begin: number | undefined;

  /** `gopLimits` is asked each time, so that a reload applies. */
  constructor(name: string, gopLimits: () => GopLimits) {
    this.name = name;
    this.#gop = new GopCache(gopLimits);
  }

  get state(): StreamState {
    return this.#state;
  }

  /** The newest stream time, µs. */
  get now(): number {
    return this.#now;
  }

  /** Whether a viewer can start: there is a key frame, or sound and no picture to wait for. */
  get ready(): boolean {
    return this.#ready;
  }

  /** The publisher's `onMetaData`. */
  get metadata(): DataPacket | undefined {
    return this.#metadata;
  }

  /** The packets from the last key frame on. */
  get gop(): Packet[] {
    return this.#gop.packets;
  }

  /** Time of the oldest packet in the GOP cache, µs; undefined when it is empty. */
  get gopBegin(): number | undefined {
    return this.#gop.begin;
  }

  /** Hands every packet from now on to `consumer`; answers how to stop that. */
  subscribe(consumer: PacketConsumer): () => void {
    // A new array each time: consumers may come and go while packets are handed round.
    this.#setConsumers([...this.#consumers, consumer]);
    return () => this.#setConsumers(this.#consumers.filter((other) => other !== consumer));
  }

  /** Whether anybody waits for the packets. */
  get watched(): boolean {
    return this.#watched;
  }

  /** A publisher begins, or takes over. */
  begin(now: number): void {
    this.since = now;
    this.timeline.restart();
    this.tracks.clear();
    this.#gop.clear();
    this.#metadata = undefined;
    this.#ready = false;
    this.#begin = undefined;
    this.#setState('live');
    for (const consumer of this.#consumers) consumer.discontinuity?.();
  }

  /** Takes one packet of the present publisher. */
  push(packet: Packet): void {
    if (packet.dts > this.#now) this.#now = packet.dts;
    const jumped = this.timeline.takeJump();
    // What came before does not continue; nobody can begin with what follows, up to a key frame.
    if (jumped) this.#gop.giveUp();
    if (packet.kind === 'data') {
      this.counters.dataBytes += packet.body.length;
      if (packet.name === 'onMetaData') this.#metadata = packet;
      else this.#gop.push(packet);
    } else {
      if (this.tracks.note(packet)) this.#gop.giveUp();
      if (packet.kind === 'video') {
        this.counters.videoBytes += packet.body.length;
        if (packet.role !== 'config') this.counters.videoFrames++;
      } else {
        this.counters.audioBytes += packet.body.length;
        if (packet.role !== 'config') this.counters.audioFrames++;
      }
      if (packet.role !== 'config') this.#gop.push(packet);
    }
    if (jumped) {
      for (const consumer of this.#consumers) consumer.discontinuity?.();
    }
    for (const consumer of this.#consumers) consumer.packet(packet);
    if (!this.#ready && packet.kind !== 'data' && packet.role !== 'config') {
      this.#begin ??= packet.dts;
      this.#ready =
        packet.kind === 'video'
          ? packet.role === 'key'
          : this.#soundIsAll(packet.dts - this.#begin);
    }
  }

  /** What came in one go is through. */
  flush(): void {
    for (const consumer of this.#consumers) consumer.flush?.();
  }

  /** The publisher is gone without a goodbye. */
  interrupt(): void {
    this.#setState('interrupted');
  }

  /** The publisher is gone for good. */
  end(): void {
    this.#gop.clear();
    this.#ready = false;
    this.#setState('ended');
  }

  #setConsumers(consumers: PacketConsumer[]): void {
    const before = this.#watched;
    this.#consumers = consumers;
    this.#watched = consumers.some(({ patient }) => !patient);
    if (this.#watched && !before) this.onWatched?.();
  }

  #setState(state: StreamState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const consumer of this.#consumers) consumer.state?.(state);
  }

  /** Sound has come for `elapsed` µs: is it all that there will be? */
  #soundIsAll(elapsed: number): boolean {
    return !this.tracks.has('video') && elapsed >= PICTURE_WAIT;
  }
}
