import type { TransportListener } from './transport.ts';

/** What a transport is given. */
export interface TransportSetup {
  readonly video: HTMLVideoElement;
  readonly canvas: HTMLCanvasElement;
  readonly listener: TransportListener;
  /** Seconds to keep in hand; `undefined` leaves the choice to the transport. */
  readonly targetDelay: number | undefined;
  readonly volume: number;
  readonly muted: boolean;
}
