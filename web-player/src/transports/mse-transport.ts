/** FLV over a WebSocket or HTTP response into a `<video>`, by mpegts.js and Media Source Extensions. */
import mpegts from 'mpegts.js';
import { FlowWatch } from '../playback/flow-watch.ts';
import { FlvTracks } from '../playback/flv-tracks.ts';
import { PlaybackError } from '../playback/playback-error.ts';
import { openFlv, type FlvConnection } from './flv-connection.ts';
import type { PresentedFrame, Transport, TransportStatistics } from './transport.ts';
import type { TransportSetup } from './transport-setup.ts';
import { keepAtLiveEdge, type VideoLiveEdge } from './video-live-edge.ts';
import { clearVideo, followFrames, frameCounts, playAnyway, watchVideo } from './video-surface.ts';

/** Less makes Chromium stall on every late audio message: it wants some data ahead. Seconds. */
const TARGET_DELAY = 0.09;

/** How often it is looked whether the picture moves, ms. */
const LOOK_INTERVAL = 250;

const LOG_NOTHING = { enableAll: false, enableError: false, enableWarn: false, enableInfo: false };

type Receive = (bytes: Uint8Array<ArrayBuffer>) => void;

export class MseTransport implements Transport {
  readonly name: 'mse' | 'http-flv';
  readonly surface = 'video';
  readonly #url: string;
  readonly #setup: TransportSetup;
  readonly #follower: ReturnType<typeof followFrames>;
  readonly #tracks = new FlvTracks();
  /** What came before it was known what the stream has. */
  #early: Uint8Array<ArrayBuffer>[] = [];
  #receive: Receive | undefined;
  #connection: FlvConnection | undefined;
  #player: mpegts.MSEPlayer | undefined;
  #edge: VideoLiveEdge | undefined;
  #unwatch: (() => void) | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;
  #stopped = false;

  constructor(name: 'mse' | 'http-flv', url: string, setup: TransportSetup) {
    this.name = name;
    this.#url = url;
    this.#setup = setup;
    this.#follower = followFrames(setup.video);
  }

  start(): void {
    const { video, listener } = this.#setup;
    this.#unwatch = watchVideo(video, listener);
    video.muted = this.#setup.muted;
    video.volume = this.#setup.volume;
    let waiting = true;
    this.#connection = openFlv(this.#url, {
      opened: () => listener.waiting(),
      received: (bytes) => {
        this.#tracks.look(bytes, performance.now());
        // A header alone is no stream yet.
        if (waiting && this.#tracks.firstTime !== undefined) {
          waiting = false;
          listener.receiving();
        }
        if (this.#tracks.changed) {
          this.#fail(new PlaybackError('network', 'The sound or picture has begun or ended.'));
          return;
        }
        if (this.#receive !== undefined) this.#receive(bytes);
        else this.#early.push(bytes);
        if (this.#player === undefined && this.#tracks.present !== undefined) this.#play();
      },
      ended: () => {
        this.stop();
        listener.ended();
      },
      failed: (error) => this.#fail(error),
    });
  }

  #play(): void {
    const { video, listener, targetDelay } = this.#setup;
    const { audio: hasAudio, video: hasVideo } = this.#tracks.present ?? {};
    mpegts.LoggingControl.applyConfig(LOG_NOTHING);
    const player = mpegts.createPlayer(
      { type: 'flv', isLive: true, url: this.#url, hasAudio, hasVideo },
      {
        isLive: true,
        enableStashBuffer: false,
        lazyLoad: false,
        deferLoadAfterSourceOpen: false,
        autoCleanupSourceBuffer: true,
        autoCleanupMaxBackwardDuration: 30,
        autoCleanupMinBackwardDuration: 10,
        customLoader: this.#loader(),
      },
    ) as mpegts.MSEPlayer;
    this.#player = player;
    player.on(mpegts.Events.ERROR, (type: string, detail: string, info?: { msg?: string }) => {
      this.#fail(errorOf(type, detail, info?.msg));
    });
    video.addEventListener('seeking', keepToOurselves);
    player.attachMediaElement(video);
    this.#edge = keepAtLiveEdge(video, targetDelay ?? TARGET_DELAY);
    player.load();
    this.#watchdog = setInterval(this.#watchPicture(), LOOK_INTERVAL);
    void playAnyway(video, listener);
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#connection?.close();
    this.#unwatch?.();
    clearInterval(this.#watchdog);
    this.#edge?.stop();
    this.#follower.stop();
    if (this.#player === undefined) return;
    this.#player.destroy();
    this.#player = undefined;
    this.#setup.video.removeEventListener('seeking', keepToOurselves);
    clearVideo(this.#setup.video);
  }

  goLive(): void {
    this.#edge?.goLive();
    void playAnyway(this.#setup.video, this.#setup.listener);
  }

  setSound(volume: number, muted: boolean): void {
    this.#setup.video.volume = volume;
    this.#setup.video.muted = muted;
  }

  statistics(): TransportStatistics {
    const { video } = this.#setup;
    const media = this.#player?.mediaInfo;
    return {
      videoCodec: media?.videoCodec,
      audioCodec: media?.audioCodec,
      width: video.videoWidth,
      height: video.videoHeight,
      bytesReceived: this.#connection?.bytesReceived,
      buffered: this.#edge?.ahead,
      rate: video.playbackRate,
      ...frameCounts(video),
    };
  }

  presented(): PresentedFrame | undefined {
    const { last } = this.#follower;
    const base = this.#tracks.firstTime;
    if (last === undefined || base === undefined) return undefined;
    return { pts: base + last.mediaTime * 1000, presentedAt: last.shownAt };
  }

  /**
   * Chromium shows a picture for as long as it is said to last, though the next ones are there: where
   * its time is wrong, the picture stands while the sound goes on. No event says so, and a jump does
   * not help; a new connection does.
   */
  #watchPicture(): () => void {
    const { video } = this.#setup;
    let watch = new FlowWatch();
    return () => {
      if (document.hidden || video.paused || video.seeking) {
        watch = new FlowWatch();
        return;
      }
      const flow = watch.observe(performance.now(), {
        bytesReceived: this.#connection?.bytesReceived ?? 0,
        videoPackets: this.#tracks.pictures,
        framesDecoded: video.getVideoPlaybackQuality().totalVideoFrames,
      });
      if (flow === 'stuck') {
        this.#fail(
          new PlaybackError('network', 'The picture stood still while the sound went on.'),
        );
      }
    };
  }

  #fail(error: PlaybackError): void {
    if (this.#stopped) return;
    this.stop();
    this.#setup.listener.failed(error);
  }

  /**
   * The bytes come through our own connection, so that its end, its refusals and the stream's own
   * times and tracks are known, which mpegts.js keeps to itself.
   */
  #loader(): mpegts.CustomLoaderConstructor {
    const hand = (receive: Receive | undefined) => {
      this.#receive = receive;
      for (const bytes of this.#early.splice(0)) receive?.(bytes);
    };
    return class extends mpegts.BaseLoader {
      #received = 0;

      constructor() {
        super('gateway');
      }

      override open(): void {
        this._status = mpegts.LoaderStatus.kBuffering;
        hand((bytes) => {
          const start = this.#received;
          this.#received += bytes.byteLength;
          const { buffer } = bytes;
          const whole = bytes.byteLength === buffer.byteLength ? buffer : bytes.slice().buffer;
          this.onDataArrival?.(whole, start, this.#received);
        });
      }

      override abort(): void {
        hand(undefined);
        this._status = mpegts.LoaderStatus.kComplete;
      }

      override destroy(): void {
        this.abort();
        super.destroy();
      }
    };
  }
}

/**
 * mpegts.js would load from where a jump leads, which a live stream cannot, and looks at its element
 * 50 ms later even when it has been destroyed meanwhile. It listens after us.
 */
const keepToOurselves = (event: Event): void => event.stopImmediatePropagation();

function errorOf(type: string, detail: string, message: string | undefined): PlaybackError {
  const said = `mpegts.js: ${detail}${message === undefined ? '' : ` (${message})`}.`;
  if (
    detail === mpegts.ErrorDetails.MEDIA_CODEC_UNSUPPORTED ||
    detail === mpegts.ErrorDetails.MEDIA_FORMAT_UNSUPPORTED ||
    /not supported|unsupported/i.test(message ?? '')
  ) {
    return new PlaybackError('codec', said);
  }
  return new PlaybackError(type === mpegts.ErrorTypes.NETWORK_ERROR ? 'network' : 'decode', said);
}
