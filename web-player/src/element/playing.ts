/** What the element plays: a live stream or a file, whichever its `src` names. */
import { FilePlayback } from '../file-playback.ts';
import { LivePlayback } from '../live-playback.ts';
import type { LiveState } from '../playback/live-session.ts';
import { PlaybackError } from '../playback/playback-error.ts';
import { parseSource, type Source } from '../playback/source.ts';
import type { TransportReason } from '../playback/transport-ladder.ts';
import { parseTransports } from '../transports/choose.ts';
import type { TransportName } from '../transports/transport.ts';
import type { Sound } from './sound.ts';

/** What a page asks for; each is read when it is needed. */
export interface PlayingWishes {
  readonly src: string;
  /** Origin of the gateway that bare names belong to. */
  readonly server: string;
  readonly transport: string;
  /** Seconds of media to keep in hand. */
  readonly targetDelay: number | undefined;
  /** Whether figures of this viewer may be reported to the gateway. */
  readonly report: boolean;
}

export interface PlayingOptions {
  readonly video: HTMLVideoElement;
  readonly canvas: HTMLCanvasElement;
  readonly sound: Sound;
  readonly wishes: () => PlayingWishes;
  /** Something that can be seen has changed. */
  readonly changed: () => void;
  readonly stateChanged: (state: LiveState, before: LiveState) => void;
  readonly transportChanged: (name: TransportName, reason: TransportReason | undefined) => void;
  readonly failed: (error: PlaybackError) => void;
}

export class Playing {
  /** The transport that the viewer chose by hand. */
  chosen: TransportName | 'auto' = 'auto';
  readonly #options: PlayingOptions;
  #source: Source | undefined;
  #sourceError: PlaybackError | undefined;
  #playback: LivePlayback | FilePlayback | undefined;
  #paused = true;
  /** The state that was told last. */
  #told: LiveState = 'idle';

  constructor(options: PlayingOptions) {
    this.#options = options;
  }

  get source(): Source | undefined {
    return this.#source;
  }

  get live(): LivePlayback | undefined {
    return this.#playback instanceof LivePlayback ? this.#playback : undefined;
  }

  get isFile(): boolean {
    return this.#playback instanceof FilePlayback;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get state(): LiveState {
    return this.#playback?.state ?? (this.#sourceError === undefined ? 'idle' : 'failed');
  }

  get error(): PlaybackError | undefined {
    return this.#playback?.error ?? this.#sourceError;
  }

  /** Reads what is to be played; a file shows its length and first picture. */
  open(): void {
    const { src, server } = this.#options.wishes();
    this.#source = src === '' ? undefined : parseSource(src, server);
    this.#sourceError =
      src !== '' && this.#source === undefined
        ? new PlaybackError('source', `"${src}" is neither a stream's name nor an address.`)
        : undefined;
    if (this.#sourceError !== undefined) this.#changed();
    if (this.#source?.kind === 'file') this.#prepare();
  }

  close(): void {
    this.#playback?.stop();
    this.#playback = undefined;
    this.#sourceError = undefined;
    this.#paused = true;
    this.#changed();
  }

  play(): void {
    this.#paused = false;
    this.#prepare();
    this.#playback?.start();
  }

  pause(): void {
    this.#paused = true;
    this.#playback?.pause();
  }

  /** Gives volume and muting on to what plays. */
  tellSound(): void {
    const { volume, muted } = this.#options.sound;
    this.#playback?.setSound(volume, muted);
  }

  #prepare(): void {
    const source = this.#source;
    if (this.#playback !== undefined || source === undefined) return;
    const { video, canvas, sound, wishes, transportChanged } = this.#options;
    const shared = {
      video,
      sound: () => ({ volume: sound.volume, muted: sound.muted }),
      changed: () => this.#changed(),
      soundRefused: () => sound.refuse(),
    };
    if (source.kind === 'file') {
      this.#playback = new FilePlayback({ ...shared, url: source.url });
      return;
    }
    const { transport, targetDelay, report } = wishes();
    this.#playback = new LivePlayback({
      ...shared,
      ...{ source, canvas, targetDelay, report },
      wished: this.chosen === 'auto' ? parseTransports(transport) : [this.chosen],
      transportChanged: ({ name }) => transportChanged(name, this.live?.reason),
    });
  }

  #changed(): void {
    const { state, error } = this;
    const before = this.#told;
    if (state !== before) {
      this.#told = state;
      this.#options.stateChanged(state, before);
      if (error !== undefined) this.#options.failed(error);
    }
    // A file is paused by its own element, too: at its end, by a headset's key.
    if (this.isFile) this.#paused = this.#options.video.paused;
    this.#options.changed();
  }
}
