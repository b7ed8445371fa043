/**
 * Types of `player.js` of AMS Gateway, for programs that use the player as a module. The gateway
 * serves this file as `/player.d.ts`; what the names mean: docs/player.md.
 */

/** The transports, the one with the least delay first. */
export type TransportName = 'webrtc' | 'webcodecs' | 'mse' | 'http-flv' | 'hls';

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

export type PlaybackErrorCode =
  | 'not_live'
  | 'refused'
  | 'unsupported'
  | 'codec'
  | 'b_frames'
  | 'decode'
  | 'network'
  | 'slow_start'
  | 'limit'
  | 'source'
  | 'not_found';

/** Why playing does not go on; the message is a sentence for developers. */
export interface PlaybackError extends Error {
  readonly code: PlaybackErrorCode;
  /** Whether trying the same transport again is pointless. */
  readonly permanent: boolean;
}

/** Absent is what the transport cannot know. */
export interface TransportStatistics {
  readonly videoCodec?: string;
  readonly audioCodec?: string;
  readonly width?: number;
  readonly height?: number;
  readonly framesShown?: number;
  readonly framesDropped?: number;
  /** Bytes of the stream received so far. */
  readonly bytesReceived?: number;
  /** Media held between network and presentation, seconds. */
  readonly buffered?: number;
  readonly rate?: number;
  readonly packetsLost?: number;
  /** Round trip to the gateway, ms. */
  readonly roundTrip?: number;
}

/** What the element's own events carry. */
export interface AmsPlayerEvents {
  statechange: CustomEvent<{ state: LiveState; before: LiveState }>;
  transportchange: CustomEvent<{
    transport: TransportName;
    /** Why this one, as a sentence in the player's language. */
    reason: string;
  }>;
  /** `event.error` is a `PlaybackError`. */
  error: ErrorEvent;
  play: Event;
  pause: Event;
  volumechange: Event;
}

/** `<ams-player>`: a live stream or a file of the gateway. */
export class AmsPlayerElement extends HTMLElement {
  static readonly observedAttributes: readonly string[];
  /** What is played: a stream's name, a file's name, or an address of either. */
  src: string;
  /** Transports that may be used, in order of preference; `auto` for all. */
  transport: string;
  /** Seconds of media to keep in hand; `undefined` leaves it to the transport. */
  targetDelay: number | undefined;
  autoplay: boolean;
  controls: boolean;
  muted: boolean;
  /** 0 to 1. */
  volume: number;
  /** Position in a file, seconds; setting it seeks. */
  currentTime: number;
  /** The speed of a file; a live stream has its own. */
  playbackRate: number;
  readonly paused: boolean;
  readonly state: LiveState;
  /** The last error, while it lasts. */
  readonly error: PlaybackError | undefined;
  /** The transport in use, of a live stream. */
  readonly currentTransport: TransportName | undefined;
  /** Measured publish-to-display delay, seconds; `undefined` when it is not known. */
  readonly delay: number | undefined;
  readonly statistics: TransportStatistics | undefined;
  /** Length of a file, seconds; `Infinity` for a live stream. */
  readonly duration: number;
  /** The element that shows the picture now. */
  readonly surface: HTMLVideoElement | HTMLCanvasElement;
  /** Plays; a live stream at its live edge. */
  play(): Promise<void>;
  /** Pauses; a live stream is let go of, and comes back at its live edge. */
  pause(): void;
  /** Takes a live stream to its live edge, playing. */
  goLive(): void;
  /** A PNG of the picture that is shown; rejects when there is none. */
  snapshot(): Promise<Blob>;

  addEventListener<K extends keyof (HTMLElementEventMap & AmsPlayerEvents)>(
    type: K,
    listener: (
      this: AmsPlayerElement,
      event: (Omit<HTMLElementEventMap, keyof AmsPlayerEvents> & AmsPlayerEvents)[K],
    ) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof (HTMLElementEventMap & AmsPlayerEvents)>(
    type: K,
    listener: (
      this: AmsPlayerElement,
      event: (Omit<HTMLElementEventMap, keyof AmsPlayerEvents> & AmsPlayerEvents)[K],
    ) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'ams-player': AmsPlayerElement;
  }
}
