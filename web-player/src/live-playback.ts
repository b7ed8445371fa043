/** A live stream in the player: the session with its transports, its measured delay, its pauses. */
import { startDelayReporter, type DelayReporter } from './playback/delay-reporter.ts';
import { LiveSession, type LiveState } from './playback/live-session.ts';
import { PlaybackError } from './playback/playback-error.ts';
import { liveAddresses, type LiveAddresses, type Source } from './playback/source.ts';
import type { TransportReason } from './playback/transport-ladder.ts';
import { capabilities } from './transports/capabilities.ts';
import { chooseTransports, type TransportChoice } from './transports/choose.ts';
import { makeTransport } from './transports/make.ts';
import type { Transport, TransportName } from './transports/transport.ts';

export interface LivePlaybackOptions {
  readonly source: Extract<Source, { kind: 'live' | 'hls' }>;
  readonly wished: readonly TransportName[];
  readonly video: HTMLVideoElement;
  readonly canvas: HTMLCanvasElement;
  readonly targetDelay: number | undefined;
  /** Whether figures of this viewer may be reported to the gateway. */
  readonly report: boolean;
  readonly sound: () => { volume: number; muted: boolean };
  readonly changed: () => void;
  readonly transportChanged: (transport: Transport) => void;
  readonly soundRefused: () => void;
}

export class LivePlayback {
  readonly choice: TransportChoice;
  readonly #options: LivePlaybackOptions;
  readonly #addresses: LiveAddresses;
  #session: LiveSession | undefined;
  #reporter: DelayReporter | undefined;
  #error: PlaybackError | undefined;
  #reason: TransportReason | undefined;
  #state: LiveState = 'idle';

  constructor(options: LivePlaybackOptions) {
    this.#options = options;
    const { source } = options;
    const wished: readonly TransportName[] = source.kind === 'hls' ? ['hls'] : options.wished;
    this.choice = chooseTransports(wished, capabilities());
    this.#addresses =
      source.kind === 'hls'
        ? { whep: '', whip: '', webSocketFlv: '', httpFlv: '', timing: '', hls: source.url }
        : liveAddresses(source);
  }

  get state(): LiveState {
    return this.#state;
  }

  get error(): PlaybackError | undefined {
    return this.#error;
  }

  get transport(): Transport | undefined {
    return this.#session?.transport;
  }

  /** Why this transport runs and none of those before it. */
  get reason(): TransportReason | undefined {
    return this.#reason;
  }

  /** Publish-to-display delay in seconds: the last, and the 50th and 95th percentile. */
  get delay(): { latest?: number; p50?: number; p95?: number } {
    const meter = this.#reporter?.meter;
    const seconds = (value: number | undefined) => (value === undefined ? undefined : value / 1000);
    return {
      latest: seconds(meter?.latest),
      p50: seconds(meter?.at(0.5)),
      p95: seconds(meter?.at(0.95)),
    };
  }

  start(): void {
    if (this.#session !== undefined) return;
    const { order, skipped } = this.choice;
    if (order.length === 0) {
      const why = `This browser, on this page, has none of: ${skipped.join(', ')}.`;
      this.#setState('failed', new PlaybackError('unsupported', why));
      return;
    }
    this.#session = new LiveSession({
      order,
      make: (name, listener) =>
        makeTransport(name, this.#addresses, {
          video: this.#options.video,
          canvas: this.#options.canvas,
          targetDelay: this.#options.targetDelay,
          listener,
          ...this.#options.sound(),
        }),
      listener: {
        state: (state, error) => this.#setState(state, error),
        transport: (transport, reason) => {
          this.#reason = reason;
          this.#options.transportChanged(transport);
        },
        soundRefused: () => this.#options.soundRefused(),
      },
      isLive: () => isLive(this.#addresses.timing),
      schedule: (callback, milliseconds) => {
        const timer = setTimeout(callback, milliseconds);
        return () => clearTimeout(timer);
      },
      random: Math.random,
    });
    this.#session.start();
  }

  /** Lets go of the stream: a paused viewer costs nobody anything, and resumes at the live edge. */
  stop(): void {
    this.#session?.stop();
    this.#session = undefined;
    this.#reporter?.stop();
    this.#reporter = undefined;
    this.#setState('idle');
  }

  /** The same: a live stream that is paused is let go of. */
  pause(): void {
    this.stop();
  }

  goLive(): void {
    this.#session?.transport?.goLive();
  }

  /** The network is back, or the page is looked at again. */
  hurry(): void {
    this.#session?.hurry();
  }

  setSound(volume: number, muted: boolean): void {
    this.#session?.transport?.setSound(volume, muted);
  }

  #setState(state: LiveState, error?: PlaybackError): void {
    this.#state = state;
    this.#error = error;
    if (state === 'playing' && this.#reporter === undefined && this.#addresses.timing !== '') {
      this.#reporter = startDelayReporter(
        this.#addresses.timing,
        () => (this.#state === 'playing' ? this.#session?.transport : undefined),
        this.#options.report,
      );
    }
    this.#options.changed();
  }
}

/** What the gateway's timing address says of the stream; `undefined` when it says nothing. */
async function isLive(url: string): Promise<boolean | undefined> {
  if (url === '') return undefined;
  try {
    const response = await fetch(url, { cache: 'no-store' });
    if (!response.ok) return undefined;
    const answer: unknown = await response.json();
    if (typeof answer !== 'object' || answer === null || !('live' in answer)) return undefined;
    return answer.live === true;
  } catch {
    return undefined;
  }
}
