import type { VideoPacket } from '../../../shared/media.ts';
import type { Stream } from '../../live/stream.ts';
import type { Frame } from './frame.ts';
import { PictureHold } from './picture-hold.ts';
import { RecentFrames } from './recent-frames.ts';
import { ReorderingDetector } from './reordering.ts';
import type { RtpClock } from './rtp-clock.ts';
import type { TranscodeBudget } from './transcode-budget.ts';
import type { RtpVideoCodec } from './video-packetizer.ts';
import { isRtpVideo, VideoPacketizer } from './video-packetizer.ts';
import { VideoTranscoder } from './video-transcoder.ts';

/**
 * How a stream's picture reaches WebRTC viewers:
 * - `none`: there is no picture (yet), or none that browsers decode;
 * - `direct`: packetised as it came;
 * - `transcoded`: encoded anew, because it has B-frames;
 * - `refused`: it has B-frames, and nobody asked for it yet, no encoder is free, or ffmpeg is missing.
 */
export type VideoMode = 'none' | 'direct' | 'transcoded' | 'refused';

/** How a publisher avoids them. */
export const B_FRAMES_ADVICE =
  'In OBS set "Max B-frames" to 0 (x264 option bframes=0), with ffmpeg -bf 0.';

export interface OutletPictureOptions {
  readonly stream: Stream;
  readonly clock: RtpClock;
  /** Path of ffmpeg; undefined where there is none. */
  readonly ffmpeg: string | undefined;
  readonly budget: TranscodeBudget;
  readonly warn: (message: string) => void;
  /** Monotonic ms. */
  readonly now: () => number;
  /** How long a picture waits for the sound, ms. */
  readonly hold: () => number;
  readonly onFrame: (frame: Frame) => void;
  /** From now on pictures are of this codec: whoever was answered for another cannot be served. */
  readonly onCodec: (codec: RtpVideoCodec | undefined) => void;
  /** There are B-frames now, and no encoder for them: nobody can be served. */
  readonly onRefused: () => void;
}

/** A stream's picture as RTP payloads, in the order in which it is shown. */
export class OutletPicture {
  readonly #options: OutletPictureOptions;
  readonly #detector = new ReorderingDetector();
  readonly #recent = new RecentFrames();
  readonly #hold: PictureHold;
  #packetizer: VideoPacketizer;
  #mode: VideoMode = 'none';
  #codec: RtpVideoCodec | undefined;
  #transcoder: VideoTranscoder | undefined;
  /** The cached GOP was encoded up to here, decoding time, µs: the newest packet may be in it. */
  #encodedUntil = -Infinity;
  #toldCodec: RtpVideoCodec | undefined;
  #viewers = 0;

  constructor(options: OutletPictureOptions) {
    this.#options = options;
    this.#packetizer = new VideoPacketizer(options.clock);
    this.#hold = new PictureHold(options.now, (frame) => {
      this.#recent.add(frame);
      options.onFrame(frame);
    });
  }

  get mode(): VideoMode {
    return this.#mode;
  }

  /** What viewers receive; undefined when there is none. */
  get sent(): { readonly codec: RtpVideoCodec; readonly profile: number } | undefined {
    if (this.#codec === undefined || this.#mode === 'none') return undefined;
    // What is encoded anew is H.264 Main.
    if (this.#mode !== 'direct') return { codec: 'h264', profile: 77 };
    return { codec: this.#codec, profile: this.#packetizer.profile };
  }

  /** The frames since the last key frame. */
  get recent(): readonly Frame[] {
    return this.#recent.frames;
  }

  /** bit/s of what is sent. */
  get rate(): number {
    return this.#recent.rate;
  }

  /**
   * Somebody wants to see it: takes an encoder if the stream needs one. Undefined when there is
   * none to be had; else how to say that the viewer has gone.
   */
  want(): (() => void) | undefined {
    this.#viewers++;
    if (this.#mode === 'refused') this.#chooseMode();
    let isWanted = true;
    const release = (): void => {
      if (!isWanted) return;
      isWanted = false;
      if (--this.#viewers === 0) this.rest();
    };
    if (this.#mode !== 'refused') return release;
    release();
    return undefined;
  }

  push(packet: VideoPacket): void {
    const { codec, role } = packet;
    this.#detector.push(packet);
    if (codec !== this.#codec) this.#setCodec(isRtpVideo(codec) ? codec : undefined);
    if (role !== 'config') {
      if (this.#codec !== undefined && this.#mode !== 'transcoded') this.#chooseMode();
      this.#tellCodec();
    }
    if (this.#codec === undefined) return;
    if (this.#mode !== 'transcoded') this.#packetize(packet, this.#mode === 'direct');
    else if (role === 'config' || packet.dts > this.#encodedUntil) this.#transcoder?.push(packet);
  }

  /** What comes next does not continue what came, and may be of another kind. */
  discontinuity(): void {
    // The last picture of a lesson may be looked at for long.
    this.#hold.flush();
    this.#detector.reset();
    this.#forget();
    this.rest();
  }

  /** Nobody watches, or nothing comes: no encoder is kept for it. */
  rest(): void {
    if (this.#transcoder !== undefined) this.#forget();
    this.#transcoder?.stop();
    this.#transcoder = undefined;
    this.#options.budget.give(this);
    if (this.#codec !== undefined) this.#mode = this.#detector.hasReordering ? 'refused' : 'direct';
  }

  /** Sends nothing more. */
  close(): void {
    this.#hold.reset();
    this.rest();
  }

  #setCodec(codec: RtpVideoCodec | undefined): void {
    this.#codec = codec;
    this.#forget();
    this.rest();
    if (codec === undefined) this.#mode = 'none';
    this.#packetizer = new VideoPacketizer(this.#options.clock);
  }

  #tellCodec(): void {
    const codec = this.sent?.codec;
    if (codec === this.#toldCodec) return;
    this.#toldCodec = codec;
    this.#options.onCodec(codec);
  }

  /** Direct as long as pictures come in order; with B-frames through an encoder, if one is free. */
  #chooseMode(): void {
    if (!this.#detector.hasReordering) {
      this.#mode = 'direct';
      return;
    }
    const wasDirect = this.#mode === 'direct';
    const { ffmpeg, budget, onRefused } = this.#options;
    const isFree = this.#viewers > 0 && ffmpeg !== undefined && budget.take(this);
    this.#mode = isFree ? 'transcoded' : 'refused';
    if (wasDirect) this.#forget();
    if (isFree) this.#startTranscoder(ffmpeg);
    else if (wasDirect) onRefused();
  }

  #startTranscoder(ffmpeg: string): void {
    const { stream, clock, warn } = this.#options;
    this.#packetizer = new VideoPacketizer(clock);
    this.#encodedUntil = -Infinity;
    warn(
      `The stream has B-frames; WebRTC viewers get its picture encoded anew. ${B_FRAMES_ADVICE}`,
    );
    const transcoder = new VideoTranscoder(ffmpeg, {
      onPacket: (packet) => this.#packetize(packet, true),
      onDied: (words) =>
        warn(`ffmpeg, which removes the B-frames, ended and is started again: ${words}`),
    });
    this.#transcoder = transcoder;
    for (const packet of [...stream.tracks.configs, ...stream.gop]) {
      if (packet.kind !== 'video' || packet.track !== 0) continue;
      transcoder.push(packet);
      this.#encodedUntil = packet.dts;
    }
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
    // An encoder has taken longer than any picture would be held.
    this.#hold.push(frame, this.#mode === 'direct' ? this.#options.hold() : 0);
  }

  #forget(): void {
    this.#hold.reset();
    this.#recent.forget();
  }
}
