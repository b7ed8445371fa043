/**
 * FLV over a WebSocket, decoded by WebCodecs onto a canvas, with sound through an audio worklet:
 * the least delay that TCP allows. Frames are decoded as they come and shown when `ArrivalClock`
 * says.
 */
import { parseAudioTag } from '../../../shared/flv/audio-tag.ts';
import { FlvDemuxer, type FlvTag } from '../../../shared/flv/demuxer.ts';
import { FlvError } from '../../../shared/flv/flv-error.ts';
import { parseVideoTag } from '../../../shared/flv/video-tag.ts';
import { ArrivalClock } from '../playback/arrival-clock.ts';
import { PlaybackError } from '../playback/playback-error.ts';
import { hasNoRecord } from './codec-names.ts';
import { openFlv, type FlvConnection } from './flv-connection.ts';
import { PictureDecoder } from './picture-decoder.ts';
import { PictureScreen } from './picture-screen.ts';
import { SoundPlayer } from './sound-player.ts';
import type { PresentedFrame, Transport, TransportStatistics } from './transport.ts';
import type { TransportSetup } from './transport-setup.ts';

/** Decoded frames are large; more delay than this would take too many of them. Seconds. */
const MAX_TARGET_DELAY = 0.3;
/** Without a new frame or sound this long, the presentation stands still. Milliseconds. */
const STILL = 800;
const UPKEEP_INTERVAL = 100;
/** A step in the stream's time larger than this is another timeline. Milliseconds. */
const TIMELINE_JUMP = 2000;

export class WebCodecsTransport implements Transport {
  readonly name = 'webcodecs';
  readonly surface = 'canvas';
  readonly #url: string;
  readonly #setup: TransportSetup;
  readonly #clock: ArrivalClock;
  readonly #demuxer = new FlvDemuxer();
  readonly #pictures: PictureDecoder;
  readonly #screen: PictureScreen;
  readonly #sound: SoundPlayer;
  #connection: FlvConnection | undefined;
  #upkeep: ReturnType<typeof setInterval> | undefined;
  #state: 'waiting' | 'receiving' | 'playing' | 'buffering' | 'stopped' = 'waiting';
  #lastTime: number | undefined;
  #lastPresented = 0;
  #audioCodec: string | undefined;
  #gaps = 0;
  #soundHeld = 0;

  constructor(url: string, setup: TransportSetup) {
    this.#url = url;
    this.#setup = setup;
    const { listener, targetDelay, volume, muted } = setup;
    this.#clock = new ArrivalClock(Math.min(targetDelay ?? 0, MAX_TARGET_DELAY) * 1000);
    this.#screen = new PictureScreen(setup.canvas, () => this.#presenting());
    this.#pictures = new PictureDecoder({
      frame: (frame) => {
        const now = performance.now();
        const pts = frame.timestamp / 1000;
        this.#clock.pictureReady(pts, now);
        this.#screen.show(frame, pts + (this.#clock.pictureOffset ?? now - pts));
      },
      failed: (error) => this.#fail(error),
    });
    this.#sound = new SoundPlayer(
      {
        ready: (pts) => {
          this.#clock.soundReady(pts, performance.now());
          if (this.#pictures.codec === undefined) this.#presenting();
        },
        report: ({ gaps, held }) => {
          this.#clock.soundGaps(gaps - this.#gaps);
          this.#gaps = gaps;
          this.#soundHeld = held;
        },
        unsupported: () => undefined,
        refused: () => listener.soundRefused(),
      },
      volume,
      muted,
    );
  }

  start(): void {
    const { listener } = this.#setup;
    this.#upkeep = setInterval(() => this.#maintain(), UPKEEP_INTERVAL);
    this.#connection = openFlv(this.#url, {
      opened: () => listener.waiting(),
      received: (bytes) => this.#received(bytes),
      ended: () => {
        this.stop();
        listener.ended();
      },
      failed: (error) => this.#fail(error),
    });
  }

  stop(): void {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    clearInterval(this.#upkeep);
    this.#connection?.close();
    this.#pictures.close();
    this.#screen.close();
    this.#sound.close();
  }

  /** The live edge is all there is: nothing is held back that could be jumped over. */
  goLive(): void {
    this.#clock.reset();
    this.#sound.clear();
  }

  setSound(volume: number, muted: boolean): void {
    this.#sound.setSound(volume, muted);
  }

  statistics(): TransportStatistics {
    const { canvas } = this.#setup;
    return {
      videoCodec: this.#pictures.codec,
      audioCodec: this.#sound.codec ?? this.#audioCodec,
      width: canvas.width,
      height: canvas.height,
      framesShown: this.#screen.shown,
      framesDropped: this.#screen.dropped + this.#pictures.skipped,
      bytesReceived: this.#connection?.bytesReceived,
      buffered: Math.max(this.#screen.held, this.#sound.running ? this.#soundHeld : 0) / 1000,
    };
  }

  presented(): PresentedFrame | undefined {
    return this.#screen.last;
  }

  #received(bytes: Uint8Array): void {
    try {
      for (const tag of this.#demuxer.push(bytes)) this.#take(tag);
    } catch (cause) {
      if (!(cause instanceof FlvError)) throw cause;
      const code = cause.code === 'FLV_UNSUPPORTED' ? 'codec' : 'decode';
      this.#fail(new PlaybackError(code, `The FLV stream: ${cause.message}`, { cause }));
    }
  }

  #take(tag: FlvTag): void {
    if (tag.type === 'data' || this.#state === 'stopped') return;
    if (this.#state === 'waiting') {
      this.#state = 'receiving';
      this.#setup.listener.receiving();
    }
    if (Math.abs(tag.timestamp - (this.#lastTime ?? tag.timestamp)) > TIMELINE_JUMP) this.goLive();
    this.#lastTime = tag.timestamp;
    if (tag.type === 'video') this.#takePictures(tag);
    else this.#takeSound(tag);
  }

  #takePictures(tag: FlvTag): void {
    for (const picture of parseVideoTag(tag.body)) {
      // The default track is shown; others are there for who asks for them.
      if (picture.track !== 0 || picture.kind === 'command') continue;
      if (picture.kind === 'config' || (picture.key && hasNoRecord(picture.codec))) {
        this.#pictures.configure(picture.codec, picture.payload);
      }
      if (picture.kind !== 'frame') continue;
      const pts = tag.timestamp * 1000 + picture.compositionTime;
      this.#pictures.decode(picture.key, pts, picture.payload);
    }
  }

  #takeSound(tag: FlvTag): void {
    for (const sound of parseAudioTag(tag.body)) {
      if (sound.track !== 0 || (sound.kind !== 'config' && sound.kind !== 'frame')) continue;
      this.#audioCodec = sound.codec;
      const pts = tag.timestamp + sound.timeOffset / 1000;
      this.#sound.take(sound.kind, sound.codec, pts, sound.payload);
      // Without a picture and without a listener, that it comes is all there is to present.
      if (this.#pictures.codec === undefined && sound.kind === 'frame' && !this.#sound.running) {
        this.#presenting();
      }
    }
  }

  #presenting(): void {
    this.#lastPresented = performance.now();
    if (this.#state !== 'receiving' && this.#state !== 'buffering') return;
    this.#state = 'playing';
    this.#setup.listener.playing();
  }

  /** A few times a second: tells the sound when it is due, and looks whether anything moves. */
  #maintain(): void {
    this.#clock.relax(UPKEEP_INTERVAL);
    this.#clock.setSound(this.#sound.running, this.#sound.latency);
    const offset = this.#clock.soundOffset;
    if (offset !== undefined) {
      const now = performance.now();
      this.#sound.schedule(now - offset, now);
    } else if (this.#sound.running && this.#lastTime !== undefined) {
      // The worklet starts with the first sound and is then told better.
      this.#sound.schedule(this.#lastTime, performance.now());
    }
    // A hidden tab shows nothing, and that is no disturbance.
    if (document.hidden) this.#lastPresented = performance.now();
    if (this.#state === 'playing' && performance.now() - this.#lastPresented > STILL) {
      this.#state = 'buffering';
      this.#setup.listener.buffering();
    }
  }

  #fail(error: PlaybackError): void {
    if (this.#state === 'stopped') return;
    this.stop();
    this.#setup.listener.failed(error);
  }
}
