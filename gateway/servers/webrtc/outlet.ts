import { randomInt } from 'node:crypto';
import type { AudioPacket, Packet, VideoPacket } from '../../../shared/media.ts';
import type { PacketConsumer, Stream, StreamState } from '../../live/stream.ts';
import { AudioTranscoder, canTranscodeAudio } from './audio-transcoder.ts';
import type { Frame } from './frame.ts';
import { toRtpTime } from './frame.ts';
import { ReorderingDetector } from './reordering.ts';
import type { TranscodeBudget } from './transcode-budget.ts';
import type { RtpVideoCodec } from './video-packetizer.ts';
import { isRtpVideo, VideoPacketizer } from './video-packetizer.ts';
import { VideoTranscoder } from './video-transcoder.ts';

/** A GOP that is larger is not kept: joiners wait for the next key frame. */
const MAX_RECENT_FRAMES = 1500;
const MAX_RECENT_BYTES = 16 * 1024 * 1024;
/** The media rate is measured over this much stream time, µs. */
const RATE_WINDOW = 2_000_000;
/** Share of a packet's deviation by which the wall clock of stream time is moved. */
const EPOCH_STEP = 0.01;

/** A viewer as its stream's outlet sees it. Nothing here throws. */
export interface OutletViewer {
  frame(frame: Frame): void;
  discontinuity(): void;
  reportIfDue(unixMs: number, pts: number, offset: number): void;
  /** The publisher left for good. */
  streamEnded(): void;
  /** The viewer can no longer be served as it was answered; a sentence says why. */
  unservable(message: string): void;
}

export interface OutletOptions {
  /** Path of ffmpeg; undefined where there is none. */
  readonly ffmpeg: string | undefined;
  readonly budget: TranscodeBudget;
  /** ms since 1970. */
  readonly wall: () => number;
  readonly warn: (message: string) => void;
}

/**
 * How a stream's picture reaches WebRTC viewers:
 * - `none`: there is no picture (yet), or none that browsers decode;
 * - `direct`: packetised as it came;
 * - `transcoded`: encoded anew, because it has B-frames;
 * - `refused`: it has B-frames, and no encoder is free (or ffmpeg is missing).
 */
export type VideoMode = 'none' | 'direct' | 'transcoded' | 'refused';

/**
 * One stream as WebRTC viewers receive it: packetised once, sound as Opus, pictures in the order in
 * which they are shown. Exists while somebody watches, and so do its ffmpeg children.
 */
export class StreamOutlet implements PacketConsumer {
  readonly stream: Stream;
  readonly #options: OutletOptions;
  readonly #unsubscribe: () => void;
  readonly #viewers = new Set<OutletViewer>();
  readonly #detector = new ReorderingDetector();
  readonly #offset = randomInt(0, 2 ** 31);
  /** Wall clock of stream time 0, ms: what sender reports go by, alike for sound and picture. */
  #epoch: number;
  #epochIsMeasured = false;
  #packetizer: VideoPacketizer;
  #mode: VideoMode = 'none';
  #codec: RtpVideoCodec | undefined;
  #videoTranscoder: VideoTranscoder | undefined;
  #audioTranscoder: AudioTranscoder | undefined;
  #audioViewers = 0;
  #warnedOfAudio = false;
  #recent: Frame[] = [];
  #recentBytes = 0;
  #isOverflown = false;
  #rateBytes = 0;
  #rateSince = 0;
  #rate = 0;
  #newest = 0;

  constructor(stream: Stream, options: OutletOptions) {
    this.stream = stream;
    this.#options = options;
    this.#packetizer = new VideoPacketizer(this.#offset);
    this.#newest = stream.now;
    this.#epoch = options.wall() - stream.now / 1000;
    for (const config of stream.tracks.configs) this.packet(config);
    for (const packet of stream.gop) {
      // Sound of the past is not sent: it would only be late.
      if (packet.kind === 'video') this.packet(packet);
    }
    this.#unsubscribe = stream.subscribe(this);
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  get mode(): VideoMode {
    return this.#mode;
  }

  /** What viewers receive as video; undefined when there is none. */
  get video(): { readonly codec: RtpVideoCodec; readonly profile: number } | undefined {
    if (this.#codec === undefined || this.#mode === 'none') return undefined;
    // What is encoded anew is H.264 Main.
    if (this.#mode !== 'direct') return { codec: 'h264', profile: 77 };
    return { codec: this.#codec, profile: this.#packetizer.profile };
  }

  /** The frames since the last key frame. */
  get recent(): readonly Frame[] {
    return this.#recent;
  }

  /** bit/s of the video that is sent. */
  get mediaRate(): number {
    return this.#rate;
  }

  /** Takes an encoder if the stream needs one; false when it needs one and there is none. */
  prepareVideo(): boolean {
    if (this.#mode === 'refused') this.#chooseMode();
    return this.#mode !== 'refused';
  }

  /** Somebody will want sound: its encoder starts while the connection is made. Answers how to
   *  say that nobody does any more. */
  wantAudio(): () => void {
    this.#audioViewers++;
    let wanted = true;
    return () => {
      if (!wanted) return;
      wanted = false;
      this.#audioViewers--;
      if (this.#audioViewers === 0) this.#stopAudio();
    };
  }

  /** Adds a viewer, which from now on gets every frame. */
  join(viewer: OutletViewer): void {
    this.#viewers.add(viewer);
  }

  leave(viewer: OutletViewer): void {
    this.#viewers.delete(viewer);
  }

  close(): void {
    this.#unsubscribe();
    this.#stopAudio();
    this.#stopVideo();
    this.#viewers.clear();
  }

  packet(packet: Packet): void {
    if (packet.kind === 'data' || packet.track !== 0) return;
    this.#newest = Math.max(this.#newest, packet.dts);
    if (packet.kind === 'video') this.#onVideo(packet);
    else this.#onAudio(packet);
  }

  flush(): void {
    this.#followClock();
    const unixMs = this.#epoch + this.#newest / 1000;
    for (const viewer of this.#viewers) viewer.reportIfDue(unixMs, this.#newest, this.#offset);
  }

  discontinuity(): void {
    this.#forgetRecent();
    this.#detector.reset();
    this.#stopAudio();
    if (this.#videoTranscoder !== undefined) this.#restartVideo();
    for (const viewer of this.#viewers) viewer.discontinuity();
  }

  state(state: StreamState): void {
    if (state !== 'ended') return;
    this.#forgetRecent();
    for (const viewer of this.#viewers) viewer.streamEnded();
  }

  /** Keeps the epoch at the packets' arrival, slowly: a publisher's clock drifts, networks jitter. */
  #followClock(): void {
    const arrived = this.#options.wall() - this.#newest / 1000;
    const step = this.#epochIsMeasured ? EPOCH_STEP : 1;
    this.#epoch += (arrived - this.#epoch) * step;
    this.#epochIsMeasured = true;
  }

  #onVideo(packet: VideoPacket): void {
    const { codec } = packet;
    this.#detector.push(packet);
    if (codec !== this.#codec) this.#setCodec(isRtpVideo(codec) ? codec : undefined);
    if (this.#codec === undefined) return;
    if (packet.role !== 'config' && this.#mode !== 'transcoded') this.#chooseMode();
    if (this.#mode === 'transcoded') this.#videoTranscoder?.push(packet);
    else this.#packetize(packet, this.#mode === 'direct');
  }

  #setCodec(codec: RtpVideoCodec | undefined): void {
    const isChange = this.#codec !== undefined;
    this.#codec = codec;
    this.#mode = codec === undefined ? 'none' : 'direct';
    this.#stopVideo();
    this.#forgetRecent();
    this.#packetizer = new VideoPacketizer(this.#offset);
    if (isChange) this.#endAll(`The stream's video codec changed to ${codec ?? 'another one'}.`);
  }

  /** Direct as long as pictures come in order; with B-frames through an encoder, if one is free. */
  #chooseMode(): void {
    if (!this.#detector.hasReordering) {
      this.#mode = 'direct';
      return;
    }
    const wasDirect = this.#mode === 'direct';
    const isFree = this.#options.ffmpeg !== undefined && this.#options.budget.take(this);
    this.#mode = isFree ? 'transcoded' : 'refused';
    if (wasDirect) this.#forgetRecent();
    if (isFree) this.#restartVideo();
    else if (wasDirect) this.#endAll('The stream has B-frames, which WebRTC cannot play in order.');
  }

  #restartVideo(): void {
    this.#videoTranscoder?.stop();
    this.#forgetRecent();
    this.#packetizer = new VideoPacketizer(this.#offset);
    const transcoder = new VideoTranscoder(this.#options.ffmpeg!, {
      onPacket: (packet) => this.#packetize(packet, true),
      onDied: (words) =>
        this.#options.warn(
          `ffmpeg, which removes the B-frames, ended and is started again: ${words}`,
        ),
    });
    this.#videoTranscoder = transcoder;
    for (const packet of [...this.stream.tracks.configs, ...this.stream.gop]) {
      if (packet.kind === 'video' && packet.track === 0) transcoder.push(packet);
    }
  }

  #stopVideo(): void {
    this.#videoTranscoder?.stop();
    this.#videoTranscoder = undefined;
    this.#options.budget.give(this);
  }

  #packetize(packet: VideoPacket, isSent: boolean): void {
    let frame: Frame | undefined;
    try {
      frame = this.#packetizer.push(packet);
    } catch (error) {
      this.#options.warn(`A video packet was left out: ${(error as Error).message}`);
      return;
    }
    if (frame === undefined || !isSent) return;
    this.#keep(frame);
    for (const viewer of this.#viewers) viewer.frame(frame);
  }

  #onAudio(packet: AudioPacket): void {
    if (packet.codec === 'opus') {
      if (packet.role !== 'config') this.#sendOpus(packet.payload, packet.pts);
      return;
    }
    if (this.#audioViewers === 0) return;
    if (this.#audioTranscoder === undefined) {
      const { ffmpeg } = this.#options;
      if (ffmpeg === undefined || !canTranscodeAudio(packet.codec)) {
        this.#warnOfAudio(packet.codec);
        return;
      }
      this.#audioTranscoder = new AudioTranscoder(ffmpeg, {
        onOpus: (payload, pts) => this.#sendOpus(payload, pts),
        onDied: (words) =>
          this.#options.warn(`ffmpeg, which encodes Opus, ended and is started again: ${words}`),
      });
      for (const config of this.stream.tracks.configs) {
        if (config.kind === 'audio' && config.track === 0) this.#audioTranscoder.push(config);
      }
    }
    this.#audioTranscoder.push(packet);
  }

  #warnOfAudio(codec: string): void {
    if (this.#warnedOfAudio) return;
    this.#warnedOfAudio = true;
    const reason =
      this.#options.ffmpeg === undefined ? 'ffmpeg is not installed' : 'ffmpeg cannot read it';
    this.#options.warn(`WebRTC viewers get no sound: it is ${codec}, and ${reason}.`);
  }

  #stopAudio(): void {
    this.#audioTranscoder?.stop();
    this.#audioTranscoder = undefined;
  }

  #sendOpus(payload: Uint8Array, pts: number): void {
    const frame: Frame = {
      kind: 'audio',
      payloads: [payload],
      bytes: payload.length,
      timestamp: toRtpTime(pts, 'audio', this.#offset),
      pts,
      key: true,
      disposable: false,
    };
    for (const viewer of this.#viewers) viewer.frame(frame);
  }

  #keep(frame: Frame): void {
    this.#measure(frame);
    if (frame.key) this.#forgetRecent();
    else if (this.#recent.length === 0) return;
    if (this.#isOverflown) return;
    this.#recent.push(frame);
    this.#recentBytes += frame.bytes;
    if (this.#recent.length > MAX_RECENT_FRAMES || this.#recentBytes > MAX_RECENT_BYTES) {
      this.#forgetRecent();
      this.#isOverflown = true;
    }
  }

  #measure(frame: Frame): void {
    this.#rateBytes += frame.bytes;
    const span = frame.pts - this.#rateSince;
    if (span >= 0 && span < RATE_WINDOW) return;
    this.#rate = span < RATE_WINDOW * 2 && span > 0 ? (this.#rateBytes * 8e6) / span : this.#rate;
    this.#rateSince = frame.pts;
    this.#rateBytes = 0;
  }

  #forgetRecent(): void {
    this.#recent = [];
    this.#recentBytes = 0;
    this.#isOverflown = false;
  }

  #endAll(message: string): void {
    for (const viewer of [...this.#viewers]) viewer.unservable(message);
  }
}
