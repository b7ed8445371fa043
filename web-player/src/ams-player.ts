/** The `<ams-player>` element. Its attributes, properties, methods and events: docs/player.md. */
import { FilePlayback } from './file-playback.ts';
import { languageOf, type Language } from './i18n/language.ts';
import { playerMessages, reasonSentence } from './i18n/player-messages.ts';
import { LivePlayback } from './live-playback.ts';
import type { LiveState } from './playback/live-session.ts';
import { PlaybackError } from './playback/playback-error.ts';
import { parseSource, type Source } from './playback/source.ts';
import { parseTransports } from './transports/choose.ts';
import type { TransportName, TransportStatistics } from './transports/transport.ts';
import { save } from './ui/dom.ts';
import playerCss from './ui/player.css';
import { makeSkin, type Skin } from './ui/skin.ts';
import type { PlayerActions, PlayerView } from './ui/view.ts';
import { takeSnapshot } from './ui/snapshot.ts';
import { Windows } from './ui/windows.ts';

/** The gateway that this script came from: where bare stream names are looked for. */
const scriptOrigin = new URL(import.meta.url).origin;

/** How often figures are renewed, ms. */
const REFRESH = 500;

const ATTRIBUTES = [
  'src',
  'server',
  'transport',
  'target-delay',
  'controls',
  'autoplay',
  'muted',
  'poster',
  'report',
] as const;

const styles = new CSSStyleSheet();
styles.replaceSync(playerCss);

export class AmsPlayerElement extends HTMLElement {
  static readonly observedAttributes: readonly string[] = ATTRIBUTES;

  readonly #skin: Skin;
  readonly #windows: Windows;
  #playback: LivePlayback | FilePlayback | undefined;
  #source: Source | undefined;
  #sourceError: PlaybackError | undefined;
  #chosen: TransportName | 'auto' = 'auto';
  #paused = true;
  #volume = 1;
  #muted = false;
  #soundRefused = false;
  #state: LiveState = 'idle';
  #timer: ReturnType<typeof setInterval> | undefined;
  #loading = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open', delegatesFocus: true });
    root.adoptedStyleSheets = [styles];
    this.#skin = makeSkin(this.#actions);
    root.append(this.#skin.frame);
    this.#windows = new Windows(this, this.#skin, () => this.#render());
  }

  connectedCallback(): void {
    this.#muted ||= this.hasAttribute('muted');
    document.addEventListener('visibilitychange', this.#pageSeen);
    addEventListener('online', this.#pageSeen);
    addEventListener('languagechange', this.#render);
    languageObserver.add(this.#render);
    this.#timer = setInterval(this.#render, REFRESH);
    this.#load();
  }

  disconnectedCallback(): void {
    document.removeEventListener('visibilitychange', this.#pageSeen);
    removeEventListener('online', this.#pageSeen);
    removeEventListener('languagechange', this.#render);
    languageObserver.delete(this.#render);
    clearInterval(this.#timer);
    this.#unload();
    this.#windows.leave();
  }

  attributeChangedCallback(name: (typeof ATTRIBUTES)[number], before: string | null): void {
    if (before === this.getAttribute(name)) return;
    switch (name) {
      case 'src':
      case 'server':
      case 'transport':
      case 'target-delay':
        this.#reload();
        return;
      case 'controls':
        this.#skin.setControls(this.hasAttribute('controls'));
        return;
      case 'poster':
        this.#skin.setPoster(this.getAttribute('poster'));
        return;
      case 'muted':
        this.muted = this.hasAttribute('muted');
        return;
      case 'autoplay':
        if (this.hasAttribute('autoplay') && this.isConnected && this.#paused) void this.play();
        return;
      case 'report':
        return;
    }
  }

  /** What is played: a stream's name, a file's name, or an address of either. */
  get src(): string {
    return this.getAttribute('src') ?? '';
  }

  set src(value: string) {
    this.setAttribute('src', value);
  }

  /** Transports that may be used, in order of preference; `auto` for all. */
  get transport(): string {
    return this.getAttribute('transport') ?? 'auto';
  }

  set transport(value: string) {
    this.setAttribute('transport', value);
  }

  /** Seconds of media to keep in hand; `undefined` leaves it to the transport. */
  get targetDelay(): number | undefined {
    const value = Number.parseFloat(this.getAttribute('target-delay') ?? '');
    return Number.isFinite(value) && value >= 0 ? value : undefined;
  }

  set targetDelay(value: number | undefined) {
    if (value === undefined) this.removeAttribute('target-delay');
    else this.setAttribute('target-delay', String(value));
  }

  get autoplay(): boolean {
    return this.hasAttribute('autoplay');
  }

  set autoplay(value: boolean) {
    this.toggleAttribute('autoplay', value);
  }

  get controls(): boolean {
    return this.hasAttribute('controls');
  }

  set controls(value: boolean) {
    this.toggleAttribute('controls', value);
  }

  get paused(): boolean {
    return this.#paused;
  }

  get muted(): boolean {
    return this.#muted;
  }

  set muted(value: boolean) {
    this.#soundRefused = false;
    if (value === this.#muted) return;
    this.#muted = value;
    this.#soundChanged();
  }

  /** 0 to 1. */
  get volume(): number {
    return this.#volume;
  }

  set volume(value: number) {
    this.#volume = Math.min(1, Math.max(0, value));
    this.#soundChanged();
  }

  /** What the player is doing. */
  get state(): LiveState {
    return this.#playback?.state ?? (this.#sourceError === undefined ? 'idle' : 'failed');
  }

  /** The last error, while it lasts. */
  get error(): PlaybackError | undefined {
    return this.#playback?.error ?? this.#sourceError;
  }

  /** The transport in use, of a live stream. */
  get currentTransport(): TransportName | undefined {
    return this.#live?.transport?.name;
  }

  /** Measured publish-to-display delay in seconds; `undefined` when it is not known. */
  get delay(): number | undefined {
    return this.#live?.delay.latest;
  }

  /** Figures of what is played, as far as the transport knows them. */
  get statistics(): TransportStatistics | undefined {
    return this.#live?.transport?.statistics();
  }

  /** Position in a file, seconds; setting it seeks. */
  get currentTime(): number {
    return this.#skin.video.currentTime;
  }

  set currentTime(seconds: number) {
    if (this.#playback instanceof FilePlayback) this.#skin.video.currentTime = seconds;
  }

  /** Length of a file in seconds; `Infinity` for a live stream. */
  get duration(): number {
    return this.#source?.kind === 'file' ? this.#skin.video.duration : Infinity;
  }

  get playbackRate(): number {
    return this.#skin.video.playbackRate;
  }

  /** The speed of a file; a live stream has its own. */
  set playbackRate(rate: number) {
    if (this.#playback instanceof FilePlayback) this.#skin.video.playbackRate = rate;
  }

  /** The element that shows the picture now. */
  get surface(): HTMLVideoElement | HTMLCanvasElement {
    return this.#live?.transport?.surface === 'canvas' ? this.#skin.canvas : this.#skin.video;
  }

  /** Plays; a live stream at its live edge. */
  async play(): Promise<void> {
    if (!this.#paused) return;
    this.#paused = false;
    this.#ensurePlayback();
    this.#playback?.start();
    this.dispatchEvent(new Event('play'));
    this.#render();
  }

  /** Pauses; a live stream is let go of, and comes back at its live edge. */
  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    if (this.#playback instanceof FilePlayback) this.#playback.pause();
    else this.#playback?.stop();
    this.dispatchEvent(new Event('pause'));
    this.#render();
  }

  /** Takes a live stream to its live edge, playing. */
  goLive(): void {
    if (this.#paused) void this.play();
    else this.#live?.goLive();
  }

  /** A PNG of the picture that is shown; rejects when there is none. */
  snapshot(): Promise<Blob> {
    return takeSnapshot(this.surface);
  }

  get #live(): LivePlayback | undefined {
    return this.#playback instanceof LivePlayback ? this.#playback : undefined;
  }

  #load(): void {
    const server = this.getAttribute('server') ?? scriptOrigin;
    this.#source = this.src === '' ? undefined : parseSource(this.src, server);
    this.#sourceError =
      this.src !== '' && this.#source === undefined
        ? new PlaybackError('source', `"${this.src}" is neither a stream's name nor an address.`)
        : undefined;
    if (this.#sourceError !== undefined) this.#fireError(this.#sourceError);
    if (this.#source?.kind === 'file') this.#ensurePlayback();
    if (this.autoplay && this.#source !== undefined) void this.play();
    this.#render();
  }

  #unload(): void {
    this.#playback?.stop();
    this.#playback = undefined;
    this.#paused = true;
  }

  /** Attributes often change together; they are read once, when all are there. */
  #reload(): void {
    if (!this.isConnected || this.#loading) return;
    this.#loading = true;
    const playing = !this.#paused;
    queueMicrotask(() => {
      this.#loading = false;
      if (!this.isConnected) return;
      this.#unload();
      this.#load();
      if (playing) void this.play();
    });
  }

  #ensurePlayback(): void {
    const source = this.#source;
    if (this.#playback !== undefined || source === undefined) return;
    const { video, canvas } = this.#skin;
    const shared = {
      video,
      sound: () => ({ volume: this.#volume, muted: this.#muted }),
      changed: () => this.#changed(),
      soundRefused: () => {
        this.#soundRefused = true;
        this.#muted = true;
        this.#soundChanged();
      },
    };
    if (source.kind === 'file') {
      this.#playback = new FilePlayback({ ...shared, url: source.url });
      return;
    }
    const attribute = this.getAttribute('transport');
    this.#playback = new LivePlayback({
      ...shared,
      source,
      canvas,
      wished: this.#chosen === 'auto' ? parseTransports(attribute) : [this.#chosen],
      targetDelay: this.targetDelay,
      report: this.getAttribute('report') !== 'off',
      transportChanged: (transport) => {
        this.#render();
        const why = this.#live?.reason;
        const reason = why === undefined ? '' : reasonSentence(why, playerMessages[this.#language]);
        const detail = { transport: transport.name, reason };
        this.dispatchEvent(new CustomEvent('transportchange', { detail }));
      },
    });
  }

  #changed(): void {
    const { state } = this;
    if (state !== this.#state) {
      const before = this.#state;
      this.#state = state;
      this.#windows.keepAwake(state === 'playing');
      this.dispatchEvent(new CustomEvent('statechange', { detail: { state, before } }));
      if (this.error !== undefined) this.#fireError(this.error);
    }
    if (this.#playback instanceof FilePlayback) this.#paused = this.#skin.video.paused;
    this.#render();
  }

  #fireError(error: PlaybackError): void {
    this.dispatchEvent(new ErrorEvent('error', { error, message: error.message }));
  }

  #soundChanged(): void {
    this.#playback?.setSound(this.#volume, this.#muted);
    this.dispatchEvent(new Event('volumechange'));
    this.#render();
  }

  readonly #pageSeen = () => {
    if (document.hidden) return;
    this.#live?.hurry();
    this.#live?.goLive();
    this.#windows.keepAwake(this.#state === 'playing');
  };

  get #language(): Language {
    const tagged = this.closest('[lang]');
    return languageOf(tagged?.getAttribute('lang') || navigator.language);
  }

  readonly #render = () => {
    this.#skin.update(this.#view(), playerMessages[this.#language]);
  };

  #view(): PlayerView {
    const live = this.#live;
    const { video } = this.#skin;
    const delay = live?.delay ?? {};
    return {
      kind: this.#source === undefined ? 'none' : this.#source.kind === 'file' ? 'file' : 'live',
      state: this.state,
      error: this.error?.code,
      paused: this.#paused,
      volume: this.#volume,
      muted: this.#muted,
      soundRefused: this.#soundRefused,
      delay: delay.latest,
      delayP50: delay.p50,
      delayP95: delay.p95,
      transport: live?.transport?.name,
      reason: live?.reason,
      chosen: this.#chosen,
      possible: live?.choice.order ?? [],
      impossible: live?.choice.skipped ?? [],
      surface: live?.transport?.surface ?? 'video',
      position: video.currentTime,
      duration: Number.isFinite(video.duration) ? video.duration : 0,
      rate: video.playbackRate,
      statistics: live?.transport?.statistics(),
      ...this.#windows.view,
    };
  }

  readonly #actions: PlayerActions = {
    togglePlay: () => {
      if (this.#paused) void this.play();
      else this.pause();
    },
    goLive: () => this.goLive(),
    setVolume: (volume) => {
      this.volume = volume;
      this.muted = this.#volume === 0;
    },
    setMuted: (muted) => {
      if (!muted && this.#volume === 0) this.volume = 0.5;
      this.muted = muted;
    },
    choose: (transport) => {
      this.#chosen = transport;
      this.#reload();
    },
    seek: (seconds) => {
      this.currentTime = seconds;
    },
    setRate: (rate) => {
      this.playbackRate = rate;
      this.#render();
    },
    toggleFullscreen: () => this.#windows.toggleFullscreen(),
    togglePictureInPicture: () => this.#windows.togglePictureInPicture(this.surface),
    saveSnapshot: () => {
      this.snapshot().then(
        (blob) => save(blob, `${this.#source?.name ?? 'picture'}.png`),
        () => undefined,
      );
    },
    retry: () => {
      const paused = this.#paused;
      this.#unload();
      this.#load();
      if (!paused) void this.play();
    },
  };
}

/** One observer of the page's language for all players. */
const languageObserver = new Set<() => void>();
new MutationObserver(() => {
  for (const render of languageObserver) render();
}).observe(document.documentElement, { attributes: true, attributeFilter: ['lang'] });
