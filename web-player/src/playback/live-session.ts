/**
 * Playing one live stream until it is stopped: takes the first usable transport, moves down to the
 * next when one does not bring a picture in time, reconnects when the connection breaks, and waits
 * when nobody publishes. It never moves back up by itself: the picture that is there stays.
 *
 * Free of DOM: transports, timers and randomness come in as parameters.
 */
import type { Transport, TransportListener, TransportName } from '../transports/transport.ts';
import { backoffDelay } from './backoff.ts';
import { PlaybackError } from './playback-error.ts';
import { TransportLadder, type TransportReason } from './transport-ladder.ts';

export type LiveState =
  | 'idle'
  | 'connecting'
  /** Nobody publishes yet. */
  | 'waiting'
  | 'playing'
  /** The picture stands still for want of data. */
  | 'buffering'
  /** The connection was lost and is being made again. */
  | 'reconnecting'
  /** The publisher ended the stream; should it come back, so does the picture. */
  | 'ended'
  /** Nothing can be done: no transport works here, or the gateway refuses. */
  | 'failed';

export interface LiveSessionOptions {
  /** Usable transports in order of preference; at least one. */
  readonly order: readonly TransportName[];
  /** Makes a transport; it may have to be loaded first. */
  readonly make: (name: TransportName, listener: TransportListener) => Promise<Transport>;
  readonly listener: {
    state(state: LiveState, error?: PlaybackError): void;
    /** Another transport is in use now. */
    transport(transport: Transport, reason: TransportReason): void;
    soundRefused(): void;
  };
  /**
   * Whether the stream is published now; `undefined` when that cannot be known. Asked while nobody
   * publishes, before a transport is tried again.
   */
  readonly isLive?: () => Promise<boolean | undefined>;
  /** Calls back after so many milliseconds; the answer cancels. */
  readonly schedule: (callback: () => void, milliseconds: number) => () => void;
  /** A number from 0 to 1. */
  readonly random: () => number;
}

/** A transport must have something on screen this long after it began to connect, in ms. */
export const START_LIMIT = 2000;
/** HLS begins when whole segments are there, which takes longer; in ms. */
export const HLS_START_LIMIT = 10_000;
/** A transport that played and stands still this long has lost its connection, in ms. */
export const STILL_LIMIT = 4000;
/** A stream that nothing here can play is tried again after this long: it may have changed; in ms. */
const HOPELESS_PAUSE = 10_000;
/** The attempt whose back-off (2.3 s at most) is that of a viewer who waits for a publisher. */
const SLOWEST_WAITING = 5;
/** So often a transport that has played may fail to play again before the next one is tried. */
const TRIES_AFTER_PLAYING = 3;

export class LiveSession {
  readonly #options: LiveSessionOptions;
  readonly #ladder: TransportLadder;
  #state: LiveState = 'idle';
  #transport: Transport | undefined;
  /** Counts connections, so that what an old one says is not heard. */
  #generation = 0;
  /** Attempts since the gateway was last reached; the pauses between them grow. */
  #attempt = 0;
  /** Failures since the last picture. */
  #failures = 0;
  /** The transport that is tried gets the stream's bytes. */
  #receives = false;
  #hasPlayed = false;
  #cancelTimer: (() => void) | undefined;

  constructor(options: LiveSessionOptions) {
    this.#options = options;
    this.#ladder = new TransportLadder(options.order);
  }

  get state(): LiveState {
    return this.#state;
  }

  get transport(): Transport | undefined {
    return this.#transport;
  }

  start(): void {
    if (this.#state !== 'idle') return;
    this.#connect('connecting');
  }

  /** Ends the session for good. */
  stop(): void {
    this.#drop();
    this.#state = 'idle';
  }

  /** Connects at once instead of when the back-off is over: the network is back, or the tab. */
  hurry(): void {
    if (this.#transport === undefined && this.#state !== 'idle' && this.#state !== 'failed') {
      this.#attempt = 0;
      this.#connect(this.#state);
    }
  }

  #connect(state: LiveState): void {
    this.#drop();
    const name = this.#ladder.current;
    if (name === undefined) return;
    const generation = this.#generation;
    this.#setState(state);
    this.#limit(startLimit(name), name);
    this.#options.make(name, this.#listenerFor(name, generation)).then(
      (transport) => {
        if (generation !== this.#generation) {
          transport.stop();
          return;
        }
        this.#transport = transport;
        this.#options.listener.transport(transport, this.#ladder.reason);
        transport.start();
      },
      (cause: unknown) => {
        if (generation !== this.#generation) return;
        this.#failed(
          name,
          new PlaybackError('network', `The ${name} transport could not be loaded.`, { cause }),
        );
      },
    );
  }

  #listenerFor(name: TransportName, generation: number): TransportListener {
    const current = (act: () => void) => () => {
      if (generation === this.#generation) act();
    };
    return {
      waiting: current(() => {
        this.#stopTimer();
        this.#attempt = 0;
        this.#setState(this.#state === 'ended' ? 'ended' : 'waiting');
      }),
      receiving: current(() => {
        this.#receives = true;
        this.#limit(startLimit(name), name);
      }),
      playing: current(() => {
        this.#stopTimer();
        this.#attempt = 0;
        this.#failures = 0;
        this.#hasPlayed = true;
        this.#setState('playing');
      }),
      buffering: current(() => {
        if (this.#state !== 'playing') return;
        this.#setState('buffering');
        this.#limit(STILL_LIMIT, name);
      }),
      ended: current(() => this.#ended()),
      failed: (error) => {
        if (generation === this.#generation) this.#failed(name, error);
      },
      soundRefused: current(() => this.#options.listener.soundRefused()),
    };
  }

  #limit(milliseconds: number, name: TransportName): void {
    this.#stopTimer();
    this.#cancelTimer = this.#options.schedule(() => {
      const error =
        this.#state === 'buffering'
          ? new PlaybackError('network', `No data came over ${name} for ${milliseconds} ms.`)
          : new PlaybackError(
              'slow_start',
              `Nothing was on screen over ${name} within ${milliseconds} ms.`,
            );
      this.#failed(name, error);
    }, milliseconds);
  }

  #ended(): void {
    this.#drop();
    this.#ladder.restore();
    this.#setState('ended');
    this.#retry('ended');
  }

  #failed(name: TransportName, error: PlaybackError): void {
    // What comes and is not shown will not be shown the next time either.
    const isHopeless = error.code === 'slow_start' && this.#receives;
    this.#drop();
    this.#failures += 1;
    if (error.code === 'refused') {
      this.#setState('failed', error);
    } else if (error.code === 'not_live') {
      // Every transport would say the same; and the next publisher may send what this one's forbids.
      this.#ladder.restore();
      this.#setState(this.#state === 'ended' ? 'ended' : 'waiting');
      this.#awaitPublisher();
    } else if (error.permanent) {
      this.#strike(name, error);
    } else if (this.#hasPlayed && this.#failures <= TRIES_AFTER_PLAYING && !isHopeless) {
      this.#setState('reconnecting', error);
      this.#retry('reconnecting');
    } else {
      this.#moveDown(name, error);
    }
  }

  /** Takes a transport off the list: it can never work for this viewer and stream. */
  #strike(name: TransportName, error: PlaybackError): void {
    if (this.#ladder.strike(name, error)) {
      this.#connect(this.#state === 'failed' ? 'failed' : 'connecting');
    } else if (this.#ladder.current !== undefined) {
      this.#setState('reconnecting', error);
      this.#retry('reconnecting');
    } else {
      this.#setState('failed', error);
      this.#hopeAgain(error);
    }
  }

  /** What the stream has, unlike what the browser lacks, may change. */
  #hopeAgain(error: PlaybackError): void {
    if (error.code === 'unsupported') return;
    const { schedule, random } = this.#options;
    this.#cancelTimer = schedule(
      () => {
        this.#ladder.restore();
        this.#connect('failed');
      },
      HOPELESS_PAUSE * (0.5 + random() / 2),
    );
  }

  #moveDown(name: TransportName, error: PlaybackError): void {
    if (this.#ladder.moveDown(name, error)) {
      this.#connect(this.#hasPlayed ? 'reconnecting' : 'connecting');
      return;
    }
    // All have been tried in vain: the network or the gateway is away. From the top, after a while.
    this.#setState('reconnecting', error);
    this.#retry('reconnecting');
  }

  #retry(state: LiveState): void {
    const delay = backoffDelay(this.#attempt, this.#options.random());
    this.#attempt += 1;
    this.#stopTimer();
    this.#cancelTimer = this.#options.schedule(() => this.#connect(state), delay);
  }

  /** Asks now and then whether somebody publishes, and connects when so. */
  #awaitPublisher(): void {
    const { isLive, schedule, random } = this.#options;
    const generation = this.#generation;
    const state = this.#state;
    const delay = backoffDelay(Math.min(this.#attempt, SLOWEST_WAITING), random());
    this.#attempt += 1;
    this.#stopTimer();
    this.#cancelTimer = schedule(() => {
      void (isLive?.() ?? Promise.resolve(undefined)).then((live) => {
        if (generation !== this.#generation) return;
        if (live === false) this.#awaitPublisher();
        else this.#connect(state);
      });
    }, delay);
  }

  #drop(): void {
    this.#generation += 1;
    this.#receives = false;
    this.#stopTimer();
    const transport = this.#transport;
    this.#transport = undefined;
    transport?.stop();
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #setState(state: LiveState, error?: PlaybackError): void {
    if (state === this.#state && error === undefined) return;
    this.#state = state;
    this.#options.listener.state(state, error);
  }
}

function startLimit(name: TransportName): number {
  return name === 'hls' ? HLS_START_LIMIT : START_LIMIT;
}
