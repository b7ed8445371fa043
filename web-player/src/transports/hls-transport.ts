/** HLS into a `<video>`: by hls.js where there are Media Source Extensions, else by the browser. */
import Hls, { type HlsConfig } from 'hls.js/light';
import { errorOfAnswer, PlaybackError } from '../playback/playback-error.ts';
import type { PresentedFrame, Transport, TransportStatistics } from './transport.ts';
import type { TransportSetup } from './transport-setup.ts';
import { clearVideo, followFrames, frameCounts, playAnyway, watchVideo } from './video-surface.ts';

/** How long a playlist that answers 404 is asked for again by the session, not by hls.js. */
const CONFIG: Partial<HlsConfig> = {
  enableWorker: false,
  lowLatencyMode: true,
  backBufferLength: 30,
  maxLiveSyncPlaybackRate: 1.1,
  liveDurationInfinity: true,
  manifestLoadPolicy: {
    default: {
      maxTimeToFirstByteMs: 4000,
      maxLoadTimeMs: 8000,
      timeoutRetry: null,
      errorRetry: null,
    },
  },
};

const CODEC_ERRORS: ReadonlySet<string> = new Set([
  Hls.ErrorDetails.BUFFER_ADD_CODEC_ERROR,
  Hls.ErrorDetails.BUFFER_INCOMPATIBLE_CODECS_ERROR,
  Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR,
]);

export class HlsTransport implements Transport {
  readonly name = 'hls';
  readonly surface = 'video';
  readonly #url: string;
  readonly #setup: TransportSetup;
  readonly #follower: ReturnType<typeof followFrames>;
  #hls: Hls | undefined;
  #unwatch: (() => void) | undefined;
  #stopped = false;
  #bytes = 0;

  constructor(url: string, setup: TransportSetup) {
    this.#url = url;
    this.#setup = setup;
    this.#follower = followFrames(setup.video);
  }

  start(): void {
    const { video, listener } = this.#setup;
    this.#unwatch = watchVideo(video, listener);
    video.muted = this.#setup.muted;
    video.volume = this.#setup.volume;
    if (Hls.isSupported()) this.#startHlsJs();
    else this.#startNative();
    void playAnyway(video, listener);
  }

  #startHlsJs(): void {
    const { video, listener, targetDelay } = this.#setup;
    const hls = new Hls({
      ...CONFIG,
      ...(targetDelay === undefined ? {} : { liveSyncDuration: targetDelay }),
    });
    this.#hls = hls;
    hls.on(Hls.Events.MANIFEST_PARSED, () => listener.receiving());
    hls.on(Hls.Events.FRAG_LOADED, (_event, { frag }) => {
      this.#bytes += frag.stats.loaded;
    });
    hls.on(Hls.Events.LEVEL_LOADED, (_event, { details }) => {
      if (!details.live) listener.receiving();
    });
    hls.on(Hls.Events.ERROR, (_event, data) => {
      if (!data.fatal) return;
      if (CODEC_ERRORS.has(data.details)) {
        this.#fail(new PlaybackError('codec', `hls.js: ${data.error.message}`));
      } else if (data.type === Hls.ErrorTypes.MEDIA_ERROR) {
        this.#fail(new PlaybackError('decode', `hls.js: ${data.error.message}`));
      } else if ((data.response?.code ?? 0) >= 400) {
        const code = data.response?.code ?? 0;
        // A playlist that is not there is a stream that is not live: HLS itself is always served.
        this.#fail(errorOfAnswer('HLS', code, code === 404 ? 'not_live' : undefined));
      } else {
        this.#fail(new PlaybackError('network', `hls.js: ${data.error.message}`));
      }
    });
    video.addEventListener('ended', this.#ended);
    hls.attachMedia(video);
    hls.loadSource(this.#url);
  }

  #startNative(): void {
    const { video, listener } = this.#setup;
    video.addEventListener('loadedmetadata', () => listener.receiving(), { once: true });
    video.addEventListener('ended', this.#ended);
    video.addEventListener('error', this.#nativeError);
    video.src = this.#url;
  }

  readonly #ended = () => {
    if (this.#stopped) return;
    this.stop();
    this.#setup.listener.ended();
  };

  readonly #nativeError = () => {
    const { error } = this.#setup.video;
    if (error === null) return;
    const code = error.code === MediaError.MEDIA_ERR_DECODE ? 'decode' : 'not_live';
    this.#fail(new PlaybackError(code, `The browser's HLS player: ${error.message}`));
  };

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const { video } = this.#setup;
    video.removeEventListener('ended', this.#ended);
    video.removeEventListener('error', this.#nativeError);
    this.#unwatch?.();
    this.#follower.stop();
    this.#hls?.destroy();
    clearVideo(video);
  }

  goLive(): void {
    const { video, listener } = this.#setup;
    const edge = this.#hls?.liveSyncPosition ?? seekableEnd(video);
    if (edge !== undefined && edge !== null && edge > video.currentTime) video.currentTime = edge;
    void playAnyway(video, listener);
  }

  setSound(volume: number, muted: boolean): void {
    this.#setup.video.volume = volume;
    this.#setup.video.muted = muted;
  }

  statistics(): TransportStatistics {
    const { video } = this.#setup;
    const level = this.#hls?.levels[this.#hls.currentLevel];
    const { buffered } = video;
    return {
      videoCodec: level?.videoCodec,
      audioCodec: level?.audioCodec,
      width: video.videoWidth,
      height: video.videoHeight,
      bytesReceived: this.#hls === undefined ? undefined : this.#bytes,
      buffered: buffered.length === 0 ? 0 : buffered.end(buffered.length - 1) - video.currentTime,
      rate: video.playbackRate,
      ...frameCounts(video),
    };
  }

  /** The playlist's EXT-X-PROGRAM-DATE-TIME is the gateway's clock at the media's arrival. */
  presented(): PresentedFrame | undefined {
    const date = this.#hls?.playingDate?.getTime() ?? this.#nativeDate();
    if (date === undefined) return undefined;
    return { arrivedAt: date, presentedAt: performance.timeOrigin + performance.now() };
  }

  #nativeDate(): number | undefined {
    const { video } = this.#setup;
    const start = (video as { getStartDate?: () => Date }).getStartDate?.().getTime();
    return start === undefined || Number.isNaN(start)
      ? undefined
      : start + video.currentTime * 1000;
  }

  #fail(error: PlaybackError): void {
    if (this.#stopped) return;
    this.stop();
    this.#setup.listener.failed(error);
  }
}

function seekableEnd(video: HTMLVideoElement): number | undefined {
  const { seekable } = video;
  return seekable.length === 0 ? undefined : seekable.end(seekable.length - 1) - 4;
}
