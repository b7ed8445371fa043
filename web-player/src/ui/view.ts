/** What the player's surface shows, and what can be asked of the player through it. */
import type { LiveState } from '../playback/live-session.ts';
import type { PlaybackErrorCode } from '../playback/playback-error.ts';
import type { TransportReason } from '../playback/transport-ladder.ts';
import type { TransportName, TransportStatistics } from '../transports/transport.ts';

export interface PlayerView {
  readonly kind: 'live' | 'file' | 'none';
  readonly state: LiveState;
  readonly error: PlaybackErrorCode | undefined;
  readonly paused: boolean;
  readonly volume: number;
  readonly muted: boolean;
  /** The browser plays without sound until somebody touches the page. */
  readonly soundRefused: boolean;
  /** Publish-to-display delay, seconds. */
  readonly delay: number | undefined;
  readonly delayP50: number | undefined;
  readonly delayP95: number | undefined;
  readonly transport: TransportName | undefined;
  readonly reason: TransportReason | undefined;
  /** `auto`, or what the viewer has chosen. */
  readonly chosen: TransportName | 'auto';
  readonly possible: readonly TransportName[];
  readonly impossible: readonly TransportName[];
  readonly surface: 'video' | 'canvas';
  /** Position and length of a file, seconds. */
  readonly position: number;
  readonly duration: number;
  readonly rate: number;
  readonly fullscreen: boolean;
  readonly pictureInPicture: boolean;
  readonly canPictureInPicture: boolean;
  readonly canFullscreen: boolean;
  readonly statistics: TransportStatistics | undefined;
}

export interface PlayerActions {
  togglePlay(): void;
  goLive(): void;
  setVolume(volume: number): void;
  setMuted(muted: boolean): void;
  choose(transport: TransportName | 'auto'): void;
  seek(seconds: number): void;
  setRate(rate: number): void;
  toggleFullscreen(): void;
  togglePictureInPicture(): void;
  saveSnapshot(): void;
  retry(): void;
}
