import type { Packet } from '../../../shared/media.ts';
import type { PacketConsumer, Stream, StreamState } from '../../live/stream.ts';
import type { Frame } from './frame.ts';
import { MAX_SOUND_BYTES } from './frame.ts';
import { outbox } from './outbox.ts';
import type { VideoMode } from './outlet-picture.ts';
import { OutletPicture } from './outlet-picture.ts';
import type { OpusAudience } from './outlet-sound.ts';
import { OutletSound } from './outlet-sound.ts';
import { RtpClock } from './rtp-clock.ts';
import { tapOf } from './stream-tap.ts';
import type { TranscodeBudget } from './transcode-budget.ts';
import type { RtpVideoCodec } from './video-packetizer.ts';

/** Viewers stay for the next publisher of the name for this long, ms. */
export const RETURN_MS = 30_000;

/** Viewers are asked this often whether a report is due, ms: not at every packet of the stream. */
const REPORT_LOOK_MS = 50;

/**
 * Sound that is encoded anew is heard some 45 ms after the picture is seen, most of it spent in the
 * browser's buffers. So long the picture waits for it, ms: with that, half of the pictures are still on
 * the screen within 27 ms of being published.
 */
const PICTURE_HOLD_MS = 7;

/** A viewer as its stream's outlet sees it. Nothing here throws. */
export interface OutletViewer {
  /** The codec that it was answered for; undefined when it takes no picture. */
  readonly codec: RtpVideoCodec | undefined;
  /** It takes sound in packets of 10 ms. */
  readonly takesShort: boolean;
  frame(frame: Frame): void;
  /** What comes next does not continue what came; its RTP time does. */
  discontinuity(): void;
  /** `unixMs` belongs to the running time `time`, µs, and RTP time is that plus `offset`. */
  reportIfDue(unixMs: number, time: number, offset: number): void;
  /** The publisher left, and nobody came after it. */
  streamEnded(): void;
  /** The viewer can no longer be served as it was answered; a sentence says why. */
  unservable(message: string): void;
}

export interface OutletOptions {
  /** Path of ffmpeg; undefined where there is none. */
  readonly ffmpeg: string | undefined;
  readonly budget: TranscodeBudget;
  /** Monotonic ms. */
  readonly clock: () => number;
  /** ms since 1970. */
  readonly wall: () => number;
  readonly warn: (message: string) => void;
}

/**
 * One stream as WebRTC viewers receive it: packetised once, sound as Opus, pictures in the order in
 * which they are shown. Exists while somebody watches, and so do its ffmpeg children.
 */
export class StreamOutlet implements PacketConsumer {
  readonly stream: Stream;
  readonly #picture: OutletPicture;
  readonly #sound: OutletSound;
  readonly #clock: RtpClock;
  readonly #unsubscribe: () => void;
  readonly #viewers = new Set<OutletViewer>();
  readonly #now: () => number;
  readonly #warn: (message: string) => void;
  #lookedAt = -Infinity;
  #hasLeftSoundOut = false;
  #newest: number;
  #patience: NodeJS.Timeout | undefined;

  constructor(stream: Stream, options: OutletOptions) {
    const { ffmpeg, budget, clock, wall, warn } = options;
    this.stream = stream;
    this.#now = clock;
    this.#warn = warn;
    this.#newest = stream.now;
    this.#clock = new RtpClock(wall, stream.now);
    this.#picture = new OutletPicture({
      ...{ stream, ffmpeg, budget, warn, clock: this.#clock, now: clock },
      hold: () => (this.#sound.isEncoding ? PICTURE_HOLD_MS : 0),
      onFrame: (frame) => {
        outbox.gather(() => {
          for (const viewer of this.#viewers) viewer.frame(frame);
        });
      },
      onCodec: (codec) => this.#onCodec(codec),
      onRefused: () => this.#endAll('The stream has B-frames, which WebRTC cannot play in order.'),
    });
    this.#sound = new OutletSound({
      ...{ stream, ffmpeg, clock, warn },
      onOpus: (packet, pts, audience) => this.#sendOpus(packet, pts, audience),
    });
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
    return this.#picture.mode;
  }

  /** What viewers receive as video; undefined when there is none. */
  get video(): { readonly codec: RtpVideoCodec; readonly profile: number } | undefined {
    return this.#picture.sent;
  }

  /** The frames since the last key frame. */
  get recent(): readonly Frame[] {
    return this.#picture.recent;
  }

  /** bit/s of the video that is sent. */
  get mediaRate(): number {
    return this.#picture.rate;
  }

  /** The picture's RTP time (32 bits) at a moment of the stream, in whole ms. */
  get mediaTime(): { readonly rtp: number; readonly ms: number } {
    return this.#clock.mark(this.#newest);
  }

  /** Somebody will watch; undefined when that takes an encoder, and there is none. Answers how to
   *  say that nobody does any more. */
  wantVideo(): (() => void) | undefined {
    return this.#picture.want();
  }

  /** Somebody will listen. Answers how to say that nobody does any more. */
  wantAudio(): () => void {
    return this.#sound.want();
  }

  /** A viewer cannot decode what it has. RTMP publishers cannot be asked for a key frame. */
  requestKeyFrame(): void {
    tapOf(this.stream).source?.requestKeyFrame();
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
    clearTimeout(this.#patience);
    this.#sound.close();
    this.#picture.close();
    this.#viewers.clear();
  }

  packet(packet: Packet): void {
    if (packet.kind === 'data' || packet.track !== 0) return;
    this.#newest = Math.max(this.#newest, packet.dts);
    if (packet.role !== 'config') this.#clock.arrived(packet.dts);
    if (packet.kind === 'video') this.#picture.push(packet);
    else this.#sound.push(packet);
  }

  flush(): void {
    const time = this.#newest;
    this.#clock.follow(time);
    const now = this.#now();
    if (now - this.#lookedAt < REPORT_LOOK_MS) return;
    this.#lookedAt = now;
    const unixMs = this.#clock.unixMs(time);
    for (const viewer of this.#viewers) {
      viewer.reportIfDue(unixMs, this.#clock.running(time), this.#clock.offset);
    }
  }

  discontinuity(): void {
    this.#clock.resume();
    this.#picture.discontinuity();
    this.#sound.rest();
    for (const viewer of this.#viewers) viewer.discontinuity();
  }

  state(state: StreamState): void {
    clearTimeout(this.#patience);
    if (state !== 'ended') return;
    // A teacher who stops and starts again finds the class still there.
    this.discontinuity();
    this.#patience = setTimeout(() => {
      for (const viewer of [...this.#viewers]) viewer.streamEnded();
    }, RETURN_MS);
  }

  #sendOpus(payload: Uint8Array, pts: number, audience: OpusAudience): void {
    if (payload.length > MAX_SOUND_BYTES) {
      this.#warnOfSound(payload.length);
      return;
    }
    const frame: Frame = {
      kind: 'audio',
      payloads: [payload],
      bytes: payload.length,
      timestamp: this.#clock.ticks(pts, 'audio'),
      pts,
      key: true,
      disposable: false,
    };
    outbox.gather(() => {
      for (const viewer of this.#viewers) {
        if (audience === 'all' || viewer.takesShort === (audience === 'short')) viewer.frame(frame);
      }
    });
  }

  #warnOfSound(bytes: number): void {
    if (this.#hasLeftSoundOut) return;
    this.#hasLeftSoundOut = true;
    this.#warn(
      `Sound was left out for WebRTC viewers: an Opus packet of ${bytes} bytes is longer than ` +
        `${MAX_SOUND_BYTES}. Packets of 20 ms, or a lower rate, are shorter.`,
    );
  }

  #onCodec(codec: RtpVideoCodec | undefined): void {
    // What is encoded anew is H.264, and so is what it was answered for.
    for (const viewer of [...this.#viewers]) {
      if (viewer.codec === undefined || viewer.codec === codec) continue;
      viewer.unservable(`The stream's video codec changed to ${codec ?? 'another one'}.`);
    }
  }

  #endAll(message: string): void {
    for (const viewer of [...this.#viewers]) viewer.unservable(message);
  }
}
