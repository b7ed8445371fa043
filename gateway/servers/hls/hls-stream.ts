import type { MediaPacket, Packet } from '../../../shared/media.ts';
import type { PacketConsumer, Stream, StreamState } from '../../live/stream.ts';
import { AudioClock } from '../../protocols/hls/audio-clock.ts';
import { mediaPlaylist, type Variant } from '../../protocols/hls/playlist.ts';
import {
  containerFor,
  createSegmentMuxer,
  type ContainerKind,
  type SegmentMuxer,
} from '../../protocols/hls/segment-muxer.ts';
import { frameTime, type TrackFormat } from '../../protocols/hls/track-format.ts';
import { Program } from './program.ts';
import { SegmentList } from './segment-list.ts';
import { Segmenter, type Part, type SegmentEnd } from './segmenter.ts';

/** What HLS takes from a live stream. */
export type LiveStream = Pick<Stream, 'name' | 'state' | 'tracks' | 'gop' | 'subscribe'>;

/** Lengths and bounds; read again for each segment, so that they can change while streams run. */
export interface HlsSettings {
  /** Seconds a segment. */
  readonly fragment: number;
  /** Seconds in the playlist in all. */
  readonly playlistLength: number;
  /** Bytes of segments that a stream may hold. */
  readonly maxBytes: number;
}

export interface HlsStreamOptions {
  readonly settings: () => HlsSettings;
  /** In the name of every segment: tells this run's from any earlier one's of the same stream. */
  readonly run: string;
  readonly mediaSequence: number;
  /** The run before it, whose players may go on with this one. */
  readonly after?: HlsStream;
  /** Wall clock, ms since 1970. */
  readonly now: () => number;
}

const TYPES = { mpegts: 'video/mp2t', fmp4: 'video/mp4' } as const;

/** A file that a playlist names. */
export interface HlsFile {
  readonly data: Buffer;
  readonly type: (typeof TYPES)[ContainerKind];
  /** Stream time at which its media ends, µs; undefined for an initialization segment. */
  readonly end?: number;
}

/** What is muxed in one go, µs: bounds the work of one turn, and what a late track can join. */
const PART = 1_000_000;
/** A segment is ended after this, key frame or not, µs and bytes. */
const MAX_SEGMENT = 30_000_000;
const MAX_SEGMENT_BYTES = 16 * 2 ** 20;

const EXTENSIONS = { mpegts: 'ts', fmp4: 'm4s' } as const;

/** One live stream as HLS: its segments in memory and the playlist that lists them. */
export class HlsStream implements PacketConsumer {
  readonly source: LiveStream;
  #options: HlsStreamOptions;
  #list: SegmentList;
  #inits = new Map<string, Buffer>();
  #program: Program;
  #formats: TrackFormat[] = [];
  #clocks: AudioClock[] = [];
  #segmenter: Segmenter | undefined;
  #container: ContainerKind = 'mpegts';
  /** Of the present program, and the last one that there was. */
  #muxer: SegmentMuxer | undefined;
  #muxerBefore: SegmentMuxer | undefined;
  /** Name of the initialization segment that the next segments need. */
  #map: string | undefined;
  /** What the segment in the making has so far. */
  #chunks: Buffer[] = [];
  #discontinuity: boolean;
  /** From stream time to wall clock, ms; set anew by each program. */
  #dateOffset: number | undefined;
  #playlist: string | undefined;
  #ended = false;
  #waiting = new Set<() => void>();
  #unsubscribe: () => void;

  /** Begins with the packets that `source` keeps for those who join. */
  constructor(source: LiveStream, options: HlsStreamOptions) {
    this.source = source;
    this.#options = options;
    const limits = () => {
      const { fragment, playlistLength, maxBytes } = options.settings();
      return { segment: fragment * 1e6, playlist: playlistLength * 1e6, maxBytes };
    };
    const { after } = options;
    this.#list = new SegmentList(
      limits,
      Math.max(options.mediaSequence, after?.nextMediaSequence ?? 0),
      after?.nextDiscontinuitySequence ?? 0,
    );
    this.#discontinuity = after !== undefined;
    this.#program = new Program({
      begin: (formats) => this.#begin(formats),
      join: (format) => this.#join(format),
      frame: (packet, track, format) => this.#frame(packet, track, format),
    });
    this.#program.reset(source.tracks.configs);
    for (const packet of source.gop) this.#program.packet(packet);
    this.#unsubscribe = source.subscribe(this);
    this.state(source.state);
  }

  /** No segment will be added any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Bytes of media held. */
  get bytes(): number {
    return this.#list.bytes;
  }

  get nextMediaSequence(): number {
    return this.#list.nextSequence;
  }

  get nextDiscontinuitySequence(): number {
    const listed = this.#list.listed.filter(({ discontinuity }) => discontinuity).length;
    return this.#list.discontinuitySequence + listed;
  }

  /** Seconds: how often players ask. */
  get targetDuration(): number {
    return this.#list.targetDuration;
  }

  packet(packet: Packet): void {
    this.#program.packet(packet);
  }

  discontinuity(): void {
    this.#segmenter?.end();
    this.#program.reset(this.source.tracks.configs);
  }

  state(state: StreamState): void {
    // What has come is shown, also while it is open whether more will come.
    if (state === 'interrupted') this.#segmenter?.end();
    if (state === 'ended') this.close();
  }

  /** Ends the stream: the playlist says so. What there is can still be had. */
  close(): void {
    if (this.#ended) return;
    this.#unsubscribe();
    this.#segmenter?.end();
    this.#ended = true;
    this.#writePlaylist();
    this.#wake();
  }

  /** The media playlist; undefined until there is a segment. */
  get playlist(): string | undefined {
    return this.#playlist;
  }

  /** Whether there is a playlist, as soon as there is one; false when `timeout` (ms) is over. */
  waitForPlaylist(timeout: number): Promise<boolean> {
    if (this.#playlist !== undefined || this.#ended) {
      return Promise.resolve(this.#playlist !== undefined);
    }
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve(this.#playlist !== undefined);
      };
      const timer = setTimeout(done, timeout);
      this.#waiting.add(done);
    });
  }

  /** What a multivariant playlist says of the stream; of use once there is a playlist. */
  variant(uri: string): Variant {
    const video = this.#formats.find((format) => format.kind === 'video');
    const rates = this.#list.listed
      .filter(({ duration }) => duration > 0)
      .map(({ data, duration }) => (data.length * 8e6) / duration);
    return {
      uri,
      bandwidth: Math.max(1, ...rates),
      averageBandwidth: rates.reduce((sum, rate) => sum + rate / rates.length, 0) || 1,
      codecs: this.#formats.map(({ codecString }) => codecString),
      resolution:
        video && video.width > 0 ? { width: video.width, height: video.height } : undefined,
      frameRate: video?.frameRate,
    };
  }

  /** A segment or initialization segment by its name. */
  file(name: string): HlsFile | undefined {
    const init = this.#inits.get(name);
    if (init) return { data: init, type: TYPES.fmp4 };
    const segment = this.#list.find(name);
    const type = name.endsWith(EXTENSIONS.mpegts) ? TYPES.mpegts : TYPES.fmp4;
    return segment && { data: segment.data, type, end: segment.end };
  }

  #begin(formats: readonly TrackFormat[]): void {
    this.#segmenter?.end();
    this.#discontinuity ||= this.#list.listed.length > 0;
    this.#dateOffset = undefined;
    this.#formats = [...formats];
    this.#clocks = formats.map(() => new AudioClock());
    this.#muxer = undefined;
    const limits = () => ({
      segment: this.#options.settings().fragment * 1e6,
      part: PART,
      maxSegment: MAX_SEGMENT,
      maxBytes: MAX_SEGMENT_BYTES,
    });
    this.#segmenter = new Segmenter(
      formats.map(({ kind }) => kind),
      limits,
      { part: (part) => this.#part(part), segment: (end) => this.#segment(end) },
    );
  }

  #join(format: TrackFormat): boolean {
    if (!this.#segmenter || this.#segmenter.started) return false;
    this.#formats.push(format);
    this.#clocks.push(new AudioClock());
    this.#segmenter.addTrack(format.kind);
    return true;
  }

  #frame(packet: MediaPacket, track: number, format: TrackFormat): void {
    const time = frameTime(format, packet.payload);
    const dts = packet.kind === 'audio' ? this.#clocks[track]!.at(packet.dts, time) : packet.dts;
    this.#segmenter?.push({
      track,
      dts,
      pts: dts + packet.pts - packet.dts,
      frameTime: time,
      key: packet.role === 'key',
      disposable: packet.role === 'disposable',
      data: packet.payload,
    });
  }

  #part({ samples, first }: Part): void {
    this.#muxer ??= this.#createMuxer();
    this.#chunks.push(this.#muxer.mux(samples, first));
  }

  /** Made with the first part: until then tracks may join. */
  #createMuxer(): SegmentMuxer {
    // Back to MPEG-TS is no way: nothing in a playlist says that EXT-X-MAP does not apply any more.
    if (this.#container === 'mpegts') this.#container = containerFor(this.#formats);
    const muxer = createSegmentMuxer(this.#container, this.#formats, this.#muxerBefore);
    this.#muxerBefore = muxer;
    if (muxer.init) {
      this.#map = `${this.#options.run}-${this.#list.nextSequence}-init.mp4`;
      this.#inits.set(this.#map, muxer.init);
    }
    return muxer;
  }

  #segment({ start, duration, independent }: SegmentEnd): void {
    const { run, now } = this.#options;
    const sequence = this.#list.nextSequence;
    // What ends a segment has just come: its time is now.
    this.#dateOffset ??= now() - (start + duration) / 1000;
    this.#list.add({
      uri: `${run}-${sequence}.${EXTENSIONS[this.#container]}`,
      data: this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks),
      duration,
      end: start + duration,
      independent,
      discontinuity: this.#discontinuity,
      map: this.#map,
      date: this.#dateOffset + start / 1000,
    });
    this.#chunks = [];
    this.#discontinuity = false;
    this.#forgetInits();
    this.#writePlaylist();
    this.#wake();
  }

  #forgetInits(): void {
    for (const name of this.#inits.keys()) {
      if (name !== this.#map && !this.#list.uses(name)) this.#inits.delete(name);
    }
  }

  #writePlaylist(): void {
    const list = this.#list;
    if (list.listed.length === 0) return;
    this.#playlist = mediaPlaylist({
      targetDuration: list.targetDuration,
      mediaSequence: list.mediaSequence,
      discontinuitySequence: list.discontinuitySequence,
      segments: list.listed,
      ended: this.#ended,
    });
  }

  #wake(): void {
    for (const done of this.#waiting) done();
  }
}
