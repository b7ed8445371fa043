import type { Packet } from '../../shared/media.ts';
import { mux, type Muxer } from './muxer.ts';
import { SendTimer } from './send-timer.ts';
import type { LiveSettings } from './settings.ts';
import type { PacketConsumer, Stream, StreamState } from './stream.ts';
import { oneByOne, type Sink, type Viewer, type WriteToAll } from './viewer.ts';

/** Up to so many viewers, audio never waits for a video frame to ride with, and no batches are kept. */
const FEW_VIEWERS = 8;
/** A viewer may be this far behind, in time, before it is cut back … */
const QUEUE_SECONDS = 4;
/** … but never less than this, bytes: socket buffers make small queues meaningless. */
const QUEUE_MIN_BYTES = 262_144;

/** Packets that were muxed in one go. */
interface Batch {
  /** Times of its oldest and newest packet, µs. */
  readonly oldest: number;
  readonly newest: number;
  readonly bytes: Buffer;
}

/**
 * Sends one stream in one format to all its viewers.
 *
 * Packets are gathered while a publisher's read is worked off, muxed once into one buffer (a
 * batch), and the same buffer is handed to every viewer. A joiner first receives what the GOP cache
 * holds. Where many watch, many join: then the batches since the GOP began are kept for them.
 */
export class FanOut implements PacketConsumer {
  #stream: Stream;
  #muxer: Muxer;
  #settings: () => LiveSettings;
  #clock: () => number;
  #writeToAll: WriteToAll;
  #waiting = new Set<Viewer>();
  /** Who is in step, and where their bytes go: all that sending touches lies close together. */
  #live: Viewer[] = [];
  #sinks: Sink[] = [];
  #flow = { bytes: 0, timestamp: 0 };
  #behind = new Set<Viewer>();
  #pending: Packet[] = [];
  /** Whether what is pending must not wait: it has a picture, or news about the stream. */
  #urgent = false;
  #timer: SendTimer;
  /** Stream time of the newest picture, µs. */
  #pictureTime = 0;
  /** Clock at which the next one is due, ms. */
  #pictureDue = 0;
  /** The batches since the GOP began, while they are kept. */
  #batches: Batch[] = [];
  #keeping = false;
  /** The newest batch, if decoding can start with it: for who waited, cache or no cache. */
  #opening: Batch[] = [];
  #gopBytes = 0;
  #gopBegin = 0;
  #queueLimit = QUEUE_MIN_BYTES;
  #unsubscribe: () => void;

  /** `clock`: monotonic ms. */
  constructor(
    stream: Stream,
    muxer: Muxer,
    settings: () => LiveSettings,
    clock: () => number,
    writeToAll = oneByOne,
  ) {
    this.#stream = stream;
    this.#muxer = muxer;
    this.#settings = settings;
    this.#clock = clock;
    this.#writeToAll = writeToAll;
    this.#timer = new SendTimer(() => this.#send(), clock);
    this.#unsubscribe = stream.subscribe(this);
  }

  get viewers(): number {
    return this.#waiting.size + this.#live.length + this.#behind.size;
  }

  /** Adds a viewer; it starts at once from the cached GOP, or when there is something to start from. */
  join(viewer: Viewer): void {
    if (this.#stream.state === 'live' && this.#stream.ready) {
      this.#send();
      this.#start(viewer);
    } else {
      this.#waiting.add(viewer);
    }
  }

  leave(viewer: Viewer): void {
    this.#waiting.delete(viewer);
    this.#behind.delete(viewer);
    const index = this.#live.indexOf(viewer);
    if (index >= 0) this.#removeLive(index);
  }

  close(): void {
    this.#unsubscribe();
    this.#timer.close();
  }

  packet(packet: Packet): void {
    if (packet.kind === 'video' && packet.role === 'key') {
      // A GOP's batches begin with its key frame; whoever joins there is given the set-up first.
      this.#send();
      this.#beginGop(packet);
    }
    if (packet.kind === 'video' && packet.role !== 'config') this.#expectNext(packet);
    this.#pending.push(packet);
    this.#urgent ||= packet.kind !== 'audio' || packet.role === 'config';
  }

  flush(): void {
    if (this.#pending.length > 0) {
      const { mergeWriteMs, audioRideMs } = this.#settings();
      const wait =
        mergeWriteMs || (this.#urgent || this.#live.length <= FEW_VIEWERS ? 0 : audioRideMs);
      if (wait === 0) this.#send();
      else this.#timer.wait(wait, mergeWriteMs ? undefined : this.#pictureDue);
    }
    if (this.#waiting.size > 0 && this.#stream.ready) {
      this.#send();
      const cached = this.#cached();
      const batches = cached.length > 0 ? cached : this.#opening;
      for (const viewer of this.#waiting) this.#start(viewer, batches);
      this.#waiting.clear();
    }
  }

  discontinuity(): void {
    this.#send();
    this.#forget();
  }

  state(state: StreamState): void {
    this.#send();
    for (const viewer of [...this.#waiting, ...this.#live, ...this.#behind]) {
      viewer.onStreamState?.(state);
    }
  }

  /** Pictures come about as far apart as their times are. */
  #expectNext({ dts }: Packet): void {
    this.#pictureDue = this.#clock() + (dts - this.#pictureTime) / 1000;
    this.#pictureTime = dts;
  }

  /** Sends what is pending to everybody in step, and keeps it for those who join. */
  #send(): void {
    if (this.#pending.length === 0) return;
    this.#timer.sent();
    const packets = this.#pending;
    this.#pending = [];
    this.#urgent = false;
    const bytes = mux(this.#muxer, packets);
    if (!bytes) return;
    const batch = batchOf(packets, bytes);
    const rejoining = this.#behind.size > 0 ? this.#serveBehind(packets) : [];

    const limit = this.#queueLimit;
    const sinks = this.#sinks;
    for (let index = sinks.length - 1; index >= 0; index--) {
      const { queued } = sinks[index]!;
      if (queued > limit && queued > limit + this.#live[index]!.burst) {
        this.#fallBehind(index, packets);
      }
    }
    this.#writeToAll(sinks, bytes);
    this.#flow.bytes += bytes.length;
    this.#flow.timestamp = Math.round(batch.newest / 1000);
    this.#opening = this.#canStartWith(packets) ? [batch] : [];
    this.#keep(batch);
    for (const viewer of rejoining) {
      if (this.#behind.delete(viewer)) this.#start(viewer, [batch]);
    }
  }

  /** Keeps a batch as long as the stream's own GOP cache reaches back to it. */
  #keep(batch: Batch): void {
    this.#gopBytes += batch.bytes.length;
    if (!this.#keeping) return;
    this.#batches.push(batch);
    const begin = this.#stream.gopBegin ?? Infinity;
    while (this.#batches.length > 0 && this.#batches[0]!.newest < begin) this.#batches.shift();
  }

  /** What a joiner receives first. */
  #cached(): readonly Batch[] {
    if (this.#keeping) return this.#batches;
    const { gop } = this.#stream;
    const bytes = mux(this.#muxer, gop);
    const batches = bytes ? [batchOf(gop, bytes)] : [];
    if (this.viewers > FEW_VIEWERS) {
      this.#keeping = true;
      this.#batches = batches;
    }
    return batches;
  }

  #forget(): void {
    this.#keeping = false;
    this.#batches = [];
  }

  #beginGop(first: Packet): void {
    const seconds = (first.dts - this.#gopBegin) / 1e6;
    if (seconds > 0) {
      const most = this.#settings().viewerQueueBytes;
      const due = (this.#gopBytes / seconds) * QUEUE_SECONDS;
      this.#queueLimit = Math.min(most, Math.max(QUEUE_MIN_BYTES, due));
    }
    this.#gopBytes = 0;
    this.#gopBegin = first.dts;
    this.#batches = [];
    this.#keeping = this.viewers > FEW_VIEWERS;
  }

  /** Brings a viewer in step: what a decoder needs, the given batches, and from then on each batch. */
  #start(viewer: Viewer, batches = this.#cached()): void {
    const start = mux(this.#muxer, this.#startPackets(batches[0]), this.#head(viewer));
    const pieces = batches.map(({ bytes }) => bytes);
    if (start) pieces.unshift(start);
    viewer.burst = 0;
    for (const { length } of pieces) viewer.burst += length;
    viewer.account.bytes += viewer.burst;
    if (pieces.length > 0) viewer.sink.writeAll(pieces);
    if (batches.length > 0) {
      viewer.state = 'live';
      this.#flow.timestamp = Math.round(this.#stream.now / 1000);
      viewer.account.follow(this.#flow);
      this.#live.push(viewer);
      this.#sinks.push(viewer.sink);
    } else {
      // The GOP outgrew the cache: picture begins with the next key frame.
      this.#setBehind(viewer);
    }
  }

  /** The file header stands once, at the very beginning. */
  #head(viewer: Viewer): Uint8Array | undefined {
    return viewer.state === 'waiting' ? this.#muxer.head?.(this.#stream) : undefined;
  }

  /**
   * Metadata and decoder configurations, as of now, at the time of the first packet that follows;
   * but metadata at 0, as at the head of a file: ffmpeg takes later ones for subtitles.
   */
  #startPackets(first: Batch | undefined): Packet[] {
    const { metadata, tracks, now } = this.#stream;
    const dts = first?.oldest ?? now;
    return [
      ...(metadata ? [{ ...metadata, dts: 0, pts: 0 }] : []),
      ...tracks.configs.map((packet) => ({ ...packet, dts, pts: dts })),
    ];
  }

  #fallBehind(index: number, packets: readonly Packet[]): void {
    const viewer = this.#removeLive(index);
    this.#setBehind(viewer);
    viewer.account.dropped += frames(packets);
  }

  #setBehind(viewer: Viewer): void {
    viewer.state = 'behind';
    viewer.stuckSince = this.#clock();
    viewer.stuckAt = viewer.sink.queued;
    this.#behind.add(viewer);
  }

  /**
   * Serves those who are behind: sound while their queue allows it, everything from a key frame on
   * when it has drained, the end when it does not move at all. Answers who comes back in step.
   */
  #serveBehind(packets: readonly Packet[]): Viewer[] {
    const atKey = this.#canStartWith(packets);
    const missed = frames(packets);
    const now = this.#clock();
    const { viewerStallMs } = this.#settings();
    const sound = mux(this.#muxer, packets.filter(isSound));
    const rejoining: Viewer[] = [];
    for (const viewer of this.#behind) {
      const { queued } = viewer.sink;
      if (queued === 0 || queued < viewer.stuckAt) {
        viewer.stuckSince = now;
        viewer.stuckAt = queued;
      }
      if (atKey && queued <= this.#queueLimit / 4) {
        // It counts as behind until then: a fan-out without viewers is closed.
        rejoining.push(viewer);
      } else if (now - viewer.stuckSince > viewerStallMs) {
        viewer.account.end({
          code: 'too_slow',
          message: `The viewer took nothing for ${Math.round(viewerStallMs / 1000)} s (${queued} bytes waiting).`,
        });
      } else {
        viewer.account.dropped += missed;
        if (sound && queued < this.#queueLimit * 2) {
          viewer.sink.write(sound);
          viewer.account.bytes += sound.length;
          viewer.stuckAt += sound.length;
        }
      }
    }
    return rejoining;
  }

  #canStartWith(packets: readonly Packet[]): boolean {
    return packets.some(startsDecoding) || !this.#stream.tracks.has('video');
  }

  /** Takes a viewer out of step; the last one takes its place. */
  #removeLive(index: number): Viewer {
    const viewer = this.#live[index]!;
    const [last, lastSink] = [this.#live.pop()!, this.#sinks.pop()!];
    if (index < this.#live.length) {
      this.#live[index] = last;
      this.#sinks[index] = lastSink;
    }
    viewer.account.follow(undefined);
    return viewer;
  }
}

const isSound = (packet: Packet): boolean => packet.kind === 'audio';

const startsDecoding = (packet: Packet): boolean =>
  packet.kind === 'video' && packet.role === 'key';

function batchOf(packets: readonly Packet[], bytes: Buffer): Batch {
  let oldest = Infinity;
  let newest = 0;
  for (const { dts } of packets) {
    if (dts < oldest) oldest = dts;
    if (dts > newest) newest = dts;
  }
  return { oldest, newest, bytes };
}

/** Frames of picture among the packets: what counts as dropped. */
function frames(packets: readonly Packet[]): number {
  let count = 0;
  for (const packet of packets) if (packet.kind === 'video' && packet.role !== 'config') count++;
  return count;
}
