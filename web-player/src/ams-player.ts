/** The `<ams-player>` element. Its attributes, properties, methods and events: docs/player.md. */
import { AttributesElement, type AttributeName } from './element/attributes.ts';
import { PlayerCore } from './element/core.ts';
import type { LiveState } from './playback/live-session.ts';
import type { PlaybackError } from './playback/playback-error.ts';
import type { TransportName, TransportStatistics } from './transports/transport.ts';
import { takeSnapshot } from './ui/snapshot.ts';

export class AmsPlayerElement extends AttributesElement {
  readonly #core = new PlayerCore(this);
  readonly #playing = this.#core.playing;
  readonly #sound = this.#core.sound;
  readonly #skin = this.#core.skin;

  connectedCallback(): void {
    this.#core.connect();
  }

  disconnectedCallback(): void {
    this.#core.disconnect();
  }

  attributeChangedCallback(name: AttributeName, before: string | null): void {
    if (before === this.getAttribute(name)) return;
    switch (name) {
      case 'src':
      case 'server':
      case 'transport':
      case 'target-delay':
        this.#core.restartSoon();
        return;
      case 'controls':
        this.#skin.setControls(this.controls);
        return;
      case 'poster':
        this.#skin.setPoster(this.getAttribute('poster'));
        return;
      case 'muted':
        this.muted = this.hasAttribute('muted');
        return;
      case 'autoplay':
        if (this.autoplay && this.isConnected) void this.play();
        return;
      case 'report':
        return;
    }
  }

  get paused(): boolean {
    return this.#playing.paused;
  }

  get muted(): boolean {
    return this.#sound.muted;
  }

  set muted(value: boolean) {
    this.#sound.muted = value;
  }

  /** 0 to 1. */
  get volume(): number {
    return this.#sound.volume;
  }

  set volume(value: number) {
    this.#sound.volume = value;
  }

  /** What the player is doing. */
  get state(): LiveState {
    return this.#playing.state;
  }

  /** The last error, while it lasts. */
  get error(): PlaybackError | undefined {
    return this.#playing.error;
  }

  /** The transport in use, of a live stream. */
  get currentTransport(): TransportName | undefined {
    return this.#playing.live?.transport?.name;
  }

  /** Measured publish-to-display delay in seconds; `undefined` when it is not known. */
  get delay(): number | undefined {
    return this.#playing.live?.delay.latest;
  }

  /** Figures of what is played, as far as the transport knows them. */
  get statistics(): TransportStatistics | undefined {
    return this.#playing.live?.transport?.statistics();
  }

  /** Position in a file, seconds; setting it seeks. */
  get currentTime(): number {
    return this.#skin.video.currentTime;
  }

  set currentTime(seconds: number) {
    if (this.#playing.isFile) this.#skin.video.currentTime = seconds;
  }

  /** Length of a file in seconds; `Infinity` for a live stream. */
  get duration(): number {
    return this.#playing.source?.kind === 'file' ? this.#skin.video.duration : Infinity;
  }

  get playbackRate(): number {
    return this.#skin.video.playbackRate;
  }

  /** The speed of a file; a live stream has its own. */
  set playbackRate(rate: number) {
    if (this.#playing.isFile) this.#skin.video.playbackRate = rate;
  }

  /** The element that shows the picture now. */
  get surface(): HTMLVideoElement | HTMLCanvasElement {
    const { video, canvas } = this.#skin;
    return this.#playing.live?.transport?.surface === 'canvas' ? canvas : video;
  }

  /** Plays; a live stream at its live edge. */
  async play(): Promise<void> {
    if (!this.paused) return;
    this.#playing.play();
    this.#core.render();
  }

  /** Pauses; a live stream is let go of, and comes back at its live edge. */
  pause(): void {
    if (this.paused) return;
    this.#playing.pause();
    this.#core.render();
  }

  /** Takes a live stream to its live edge, playing. */
  goLive(): void {
    if (this.paused) void this.play();
    else this.#playing.live?.goLive();
  }

  /** A PNG of the picture that is shown; rejects when there is none. */
  snapshot(): Promise<Blob> {
    return takeSnapshot(this.surface);
  }
}
