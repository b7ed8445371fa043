import type { Hub } from '../../live/hub.ts';
import type { Log } from '../../ops/log.ts';
import type { SessionRegistry } from '../../sessions/registry.ts';
import type { VodFiles } from '../vod-files.ts';

export interface ConnectionSettings {
  /** Connections at the same time, whatever they do. */
  readonly maxConnections: number;
  /** Time a connection has until it publishes or plays, ms. */
  readonly handshakeTimeoutMs: number;
  /** Silence after which a publisher is ended, ms. */
  readonly publishTimeoutMs: number;
}

/** What the server's connections share. */
export interface ConnectionOptions {
  readonly hub: Hub;
  readonly registry: SessionRegistry;
  /** Asked at each use, so that a reload applies. */
  readonly settings: () => ConnectionSettings;
  /** Where `/vod` finds its files; without, it has none. */
  readonly files?: VodFiles | undefined;
  readonly log: Log;
}
