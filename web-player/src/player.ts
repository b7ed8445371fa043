/**
 * `player.js`: defines `<ams-player>`. As a script tag from the gateway, or as a module:
 *
 *     import { AmsPlayerElement } from 'https://gateway.example/player.js';
 */
import { AmsPlayerElement } from './ams-player.ts';
import type { LiveState } from './playback/live-session.ts';
import type { TransportName } from './transports/transport.ts';

if (customElements.get('ams-player') === undefined) {
  customElements.define('ams-player', AmsPlayerElement);
}

export { AmsPlayerElement };
export type { PlaybackError, PlaybackErrorCode } from './playback/playback-error.ts';
export type { TransportStatistics } from './transports/transport.ts';
export type { LiveState, TransportName };

/** What the element's own events carry. */
export interface AmsPlayerEvents {
  statechange: CustomEvent<{ state: LiveState; before: LiveState }>;
  transportchange: CustomEvent<{
    transport: TransportName;
    /** Why this one, as a sentence in the player's language. */
    reason: string;
  }>;
  error: ErrorEvent;
  play: Event;
  pause: Event;
  volumechange: Event;
}

declare global {
  interface HTMLElementTagNameMap {
    'ams-player': AmsPlayerElement;
  }
}
