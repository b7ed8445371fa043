/** A recorded file in the player: the browser plays it, from its address as it is. */
import type { LiveState } from './playback/live-session.ts';
import { PlaybackError } from './playback/playback-error.ts';
import { clearVideo, playAnyway } from './transports/video-surface.ts';

export interface FilePlaybackOptions {
  readonly url: string;
  readonly video: HTMLVideoElement;
  readonly sound: () => { volume: number; muted: boolean };
  readonly changed: () => void;
  readonly soundRefused: () => void;
}

const EVENTS = [
  'playing',
  'pause',
  'waiting',
  'ended',
  'error',
  'timeupdate',
  'durationchange',
  'seeked',
  'progress',
] as const;

export class FilePlayback {
  readonly #options: FilePlaybackOptions;
  #state: LiveState = 'idle';
  #error: PlaybackError | undefined;

  constructor(options: FilePlaybackOptions) {
    this.#options = options;
    const { video, url } = options;
    for (const name of EVENTS) video.addEventListener(name, this.#happened);
    video.preload = 'metadata';
    video.src = url;
  }

  get state(): LiveState {
    return this.#state;
  }

  get error(): PlaybackError | undefined {
    return this.#error;
  }

  start(): void {
    const { video } = this.#options;
    const { volume, muted } = this.#options.sound();
    video.volume = volume;
    video.muted = muted;
    if (this.#state === 'idle') this.#state = 'connecting';
    void playAnyway(video, { soundRefused: () => this.#options.soundRefused() });
  }

  pause(): void {
    this.#options.video.pause();
  }

  stop(): void {
    for (const name of EVENTS) this.#options.video.removeEventListener(name, this.#happened);
    clearVideo(this.#options.video);
  }

  setSound(volume: number, muted: boolean): void {
    this.#options.video.volume = volume;
    this.#options.video.muted = muted;
  }

  readonly #happened = (event: Event) => {
    switch (event.type as (typeof EVENTS)[number]) {
      case 'playing':
        this.#state = 'playing';
        break;
      case 'pause':
      case 'ended':
        // A file that failed is paused, too.
        if (this.#state !== 'failed') this.#state = 'idle';
        break;
      case 'waiting':
        this.#state = 'buffering';
        break;
      case 'error':
        this.#state = 'failed';
        this.#error = errorOf(this.#options.video.error);
        break;
      case 'timeupdate':
      case 'durationchange':
      case 'seeked':
      case 'progress':
        break;
    }
    this.#options.changed();
  };
}

function errorOf(error: MediaError | null): PlaybackError {
  const said = `The browser could not play the file: ${error?.message ?? 'no reason given'}.`;
  switch (error?.code) {
    case MediaError.MEDIA_ERR_NETWORK:
      return new PlaybackError('network', said);
    case MediaError.MEDIA_ERR_DECODE:
      return new PlaybackError('decode', said);
    default:
      return new PlaybackError('not_found', said);
  }
}
