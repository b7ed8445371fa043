import type { SessionRegistry } from '../../sessions/registry.ts';
import type { HttpServer } from './http-server.ts';
import type { VodFiles } from '../vod-files.ts';
import { vodRoutes } from './vod-routes.ts';
import { VodViewers } from './vod-viewers.ts';

export interface VodServerOptions {
  readonly files: VodFiles;
  readonly registry: SessionRegistry;
  readonly trustsProxy: (address: string) => boolean;
}

/** Recorded files over HTTP. */
export function serveVod(http: HttpServer, options: VodServerOptions): void {
  const { files, registry, trustsProxy } = options;
  vodRoutes(http.app, { files, viewers: new VodViewers(registry), trustsProxy });
}
