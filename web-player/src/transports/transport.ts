/**
 * What every way of getting a live picture looks like to the player: it is made, told to start,
 * says what becomes of it, and is stopped once. Free of DOM.
 */
import type { PlaybackError } from '../playback/playback-error.ts';

/**
 * - `webrtc`: WHEP, frames over UDP into a video element;
 * - `webcodecs`: FLV over a WebSocket, decoded by WebCodecs onto a canvas;
 * - `mse`: FLV over a WebSocket, through mpegts.js into a video element;
 * - `http-flv`: the same over an HTTP response;
 * - `hls`: playlists and segments, natively or through hls.js.
 */
export type TransportName = 'webrtc' | 'webcodecs' | 'mse' | 'http-flv' | 'hls';

/** All transports, the one with the least delay first. */
export const TRANSPORTS: readonly TransportName[] = [
  'webrtc',
  'webcodecs',
  'mse',
  'http-flv',
  'hls',
];

/** How a transport tells what happens. After `failed` or `ended` it says nothing more. */
export interface TransportListener {
  /** Connected, but nothing of the stream has come: nobody publishes. */
  waiting(): void;
  /** The stream's first bytes have come; a picture or sound must follow. */
  receiving(): void;
  /** Picture or sound is presented, for the first time or again after `buffering`. */
  playing(): void;
  /** The presentation stands still for want of data. */
  buffering(): void;
  /** The publisher ended the stream. */
  ended(): void;
  failed(error: PlaybackError): void;
  /** The browser allows playing only without sound until someone touches the page. */
  soundRefused(): void;
}

/** What the statistics panel and the reports show. Absent is what this transport cannot know. */
export interface TransportStatistics {
  readonly videoCodec?: string;
  readonly audioCodec?: string;
  readonly width?: number;
  readonly height?: number;
  readonly framesShown?: number;
  readonly framesDropped?: number;
  /** Bytes of the stream received so far. */
  readonly bytesReceived?: number;
  /** Media held between network and presentation, in seconds. */
  readonly buffered?: number;
  /** Playback rate, when it is not 1 by itself. */
  readonly rate?: number;
  /** Packets that never came, where the transport counts them. */
  readonly packetsLost?: number;
  /** Round trip to the gateway in milliseconds, where the transport measures it. */
  readonly roundTrip?: number;
}

/**
 * A frame's or segment's way: the time that the stream gives it, or the gateway's clock at its
 * arrival when the transport carries that, and when it was presented here.
 */
export type PresentedFrame =
  /** `pts`: milliseconds on the stream's timeline, as FLV carries it. */
  | { readonly pts: number; readonly presentedAt: number }
  /** `arrivedAt`: milliseconds since 1970 by the gateway's clock. */
  | { readonly arrivedAt: number; readonly presentedAt: number }
  /** `capturedAt`: the same by this computer's clock, as WebRTC tells it. */
  | { readonly capturedAt: number; readonly presentedAt: number };

export interface Transport {
  readonly name: TransportName;
  /** Which of the player's two surfaces shows the picture. */
  readonly surface: 'video' | 'canvas';
  /** Begins to connect. What follows is told to the listener. */
  start(): void;
  /** Ends everything that this transport holds; may be called at any time and again. */
  stop(): void;
  /** Takes the presentation to the live edge, after a pause or a hidden tab. */
  goLive(): void;
  setSound(volume: number, muted: boolean): void;
  statistics(): TransportStatistics;
  /** The frame presented last with its times, for the measured delay. */
  presented(): PresentedFrame | undefined;
}
