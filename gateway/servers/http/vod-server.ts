import type { SessionRegistry } from '../../sessions/registry.ts';
import { HlsViewers } from '../hls/hls-viewers.ts';
import type { HttpServer } from './http-server.ts';
import type { VodFiles } from '../vod-files.ts';
import { vodHlsRoutes } from './vod-hls.ts';
import { vodRoutes } from './vod-routes.ts';
import { VodViewers } from './vod-viewers.ts';

export interface VodServerOptions {
  readonly files: VodFiles;
  readonly registry: SessionRegistry;
  readonly trustsProxy: (address: string) => boolean;
}

/** An HLS player that has asked for nothing for so long has left, or is paused for longer, ms. */
const HLS_SILENCE_MS = 60_000;
/** How often it is looked who has left, ms. */
const SWEEP_MS = 5000;

/** Recorded files over HTTP: as they are, in parts, and as HLS. */
export function serveVod(http: HttpServer, options: VodServerOptions): void {
  const { files, registry, trustsProxy } = options;
  vodRoutes(http.app, { files, viewers: new VodViewers(registry), trustsProxy });
  const viewers = new HlsViewers({
    app: 'vod',
    registry,
    now: Date.now,
    patience: () => HLS_SILENCE_MS,
    isLive: () => true,
  });
  const sweeping = setInterval(() => viewers.sweep(), SWEEP_MS);
  sweeping.unref();
  http.app.addHook('onClose', () => clearInterval(sweeping));
  vodHlsRoutes(http.app, { files, viewers, trustsProxy });
}
