import { randomBytes } from 'node:crypto';
import type { SessionRegistry } from '../../sessions/registry.ts';
import type { HttpServer } from '../http/http-server.ts';
import { answerViewer } from './viewer-answers.ts';
import { HlsOutputs, type LiveSource } from './hls-outputs.ts';
import type { HlsSettings } from './hls-stream.ts';
import { HlsViewers } from './hls-viewers.ts';
import { hlsRoutes } from './routes.ts';

export interface HlsServerOptions {
  /** Where the live streams are: the hub. */
  readonly source: LiveSource;
  readonly registry: SessionRegistry;
  readonly settings: () => HlsSettings;
  readonly trustsProxy: (address: string) => boolean;
  /** Wall clock, ms since 1970. */
  readonly now?: () => number;
}

/** How often it is looked who has gone, ms. */
const SWEEP = 1000;
/** A viewer has left after this time without a request, ms, or this many target durations. */
const SILENCE = 15_000;
const SILENCE_TARGETS = 3;

/** HLS as the gateway has it: streams on demand, viewers as sessions, routes for an HTTP server. */
export class HlsServer {
  readonly outputs: HlsOutputs;
  readonly viewers: HlsViewers;
  #trustsProxy: (address: string) => boolean;
  #timer: NodeJS.Timeout;

  constructor({ source, registry, settings, trustsProxy, now = Date.now }: HlsServerOptions) {
    const outputs = new HlsOutputs({
      source,
      settings,
      now,
      newRun: () => randomBytes(6).toString('hex'),
    });
    const viewers = new HlsViewers({
      registry,
      now,
      isLive: (name) => outputs.isLive(name),
      patience: (name) => Math.max(SILENCE, outputs.targetDuration(name) * 1000 * SILENCE_TARGETS),
    });
    this.outputs = outputs;
    this.viewers = viewers;
    this.#trustsProxy = trustsProxy;
    this.#timer = setInterval(() => {
      viewers.sweep();
      outputs.sweep();
    }, SWEEP);
    this.#timer.unref();
  }

  /** Adds the routes at `/NAME/index.m3u8` to an HTTP server. */
  register(http: Pick<HttpServer, 'app' | 'onRequest'>): void {
    const { outputs, viewers } = this;
    http.onRequest((request, response) => answerViewer({ outputs, viewers }, request, response));
    hlsRoutes(http.app, { outputs, viewers, trustsProxy: this.#trustsProxy });
  }

  /** Ends muxing; the viewers' sessions are the registry's to end. */
  close(): void {
    clearInterval(this.#timer);
    this.outputs.close();
  }
}
