/** FLV over a WebSocket or HTTP response into a `<video>`, by mpegts.js and Media Source Extensions. */
import mpegts from 'mpegts.js';
import { FlvDemuxer } from '../../../shared/flv/demuxer.ts';
import { PlaybackError } from '../playback/playback-error.ts';
import { openFlv, type FlvConnection } from './flv-connection.ts';
import type {
  PresentedFrame,
  Transport,
  TransportListener,
  TransportStatistics,
} from './transport.ts';
import type { TransportSetup } from './transport-setup.ts';
import { keepAtLiveEdge, type VideoLiveEdge } from './video-live-edge.ts';
import { clearVideo, followFrames, frameCounts, playAnyway, watchVideo } from './video-surface.ts';

/** Less makes Chromium stall on every late audio message: it wants some data ahead. Seconds. */
const TARGET_DELAY = 0.09;

const LOG_NOTHING = { enableAll: false, enableError: false, enableWarn: false, enableInfo: false };

export class MseTransport implements Transport {
  readonly name: 'mse' | 'http-flv';
  readonly surface = 'video';
  readonly #url: string;
  readonly #setup: TransportSetup;
  readonly #follower: ReturnType<typeof followFrames>;
  readonly #timeBase = new TimeBase();
  #connection: FlvConnection | undefined;
  #player: mpegts.MSEPlayer | undefined;
  #edge: VideoLiveEdge | undefined;
  #unwatch: (() => void) | undefined;
  #stopped = false;

  constructor(name: 'mse' | 'http-flv', url: string, setup: TransportSetup) {
    this.name = name;
    this.#url = url;
    this.#setup = setup;
    this.#follower = followFrames(setup.video);
  }

  start(): void {
    const { video, listener, targetDelay } = this.#setup;
    mpegts.LoggingControl.applyConfig(LOG_NOTHING);
    const player = mpegts.createPlayer(
      { type: 'flv', isLive: true, url: this.#url },
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
    this.#unwatch = watchVideo(video, listener);
    video.muted = this.#setup.muted;
    video.volume = this.#setup.volume;
    player.attachMediaElement(video);
    this.#edge = keepAtLiveEdge(video, targetDelay ?? TARGET_DELAY);
    player.load();
    void playAnyway(video, listener);
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#connection?.close();
    this.#unwatch?.();
    this.#edge?.stop();
    this.#follower.stop();
    if (this.#player === undefined) return;
    this.#player.destroy();
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
    const base = this.#timeBase.value;
    if (last === undefined || base === undefined) return undefined;
    return { pts: base + last.mediaTime * 1000, presentedAt: last.shownAt };
  }

  #fail(error: PlaybackError): void {
    if (this.#stopped) return;
    this.stop();
    this.#setup.listener.failed(error);
  }

  /**
   * The bytes come through our own connection, so that its end, its refusals and the stream's own
   * times are known, which mpegts.js keeps to itself.
   */
  #loader(): mpegts.CustomLoaderConstructor {
    const open = (receive: (bytes: Uint8Array<ArrayBuffer>) => void) => this.#open(receive);
    return class extends mpegts.BaseLoader {
      #connection: FlvConnection | undefined;
      #received = 0;

      constructor() {
        super('gateway');
      }

      override open(): void {
        this._status = mpegts.LoaderStatus.kBuffering;
        this.#connection = open((bytes) => {
          const start = this.#received;
          this.#received += bytes.byteLength;
          const { buffer } = bytes;
          const whole = bytes.byteLength === buffer.byteLength ? buffer : bytes.slice().buffer;
          this.onDataArrival?.(whole, start, this.#received);
        });
      }

      override abort(): void {
        this.#connection?.close();
        this._status = mpegts.LoaderStatus.kComplete;
      }

      override destroy(): void {
        this.abort();
        super.destroy();
      }
    };
  }

  #open(receive: (bytes: Uint8Array<ArrayBuffer>) => void): FlvConnection {
    const { listener }: { listener: TransportListener } = this.#setup;
    let waiting = true;
    this.#connection = openFlv(this.#url, {
      opened: () => listener.waiting(),
      received: (bytes) => {
        this.#timeBase.look(bytes);
        // A header alone is no stream yet.
        if (waiting && this.#timeBase.value !== undefined) {
          waiting = false;
          listener.receiving();
        }
        receive(bytes);
      },
      ended: () => {
        this.stop();
        listener.ended();
      },
      failed: (error) => this.#fail(error),
    });
    return this.#connection;
  }
}

/**
 * mpegts.js counts media time from the first frame that it gets; this finds that frame's own time,
 * in ms, in the stream's first tags.
 */
class TimeBase {
  #demuxer: FlvDemuxer | undefined = new FlvDemuxer();
  #value: number | undefined;

  get value(): number | undefined {
    return this.#value;
  }

  look(bytes: Uint8Array): void {
    if (this.#demuxer === undefined) return;
    try {
      for (const tag of this.#demuxer.push(bytes)) {
        if (tag.type === 'data') continue;
        this.#value = Math.min(this.#value ?? Infinity, tag.timestamp);
      }
    } catch {
      this.#demuxer = undefined;
    }
    if (this.#value !== undefined) this.#demuxer = undefined;
  }
}

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
