import type { FastifyInstance } from 'fastify';
import { randomBytes } from 'node:crypto';
import type { SessionRegistry } from '../../sessions/registry.ts';
import { HlsOutputs, type LiveSource } from './hls-outputs.ts';
import type { HlsSettings } from './hls-stream.ts';
import { HlsViewers } from './hls-viewers.ts';
import { hlsRoutes } from './routes.ts';

export interface HlsServerOptions {
  readonly source: LiveSource;
  readonly registry: SessionRegistry;
  readonly settings: () => HlsSettings;
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
  #timer: NodeJS.Timeout;

  constructor({ source, registry, settings, now = Date.now }: HlsServerOptions) {
    this.outputs = new HlsOutputs({
      source,
      settings,
      now,
      newRun: () => randomBytes(6).toString('base64url'),
    });
    this.viewers = new HlsViewers({
      registry,
      now,
      isLive: (name) => this.outputs.isLive(name),
      patience: (name) => {
        const seconds = this.outputs.targetDuration(name) * SILENCE_TARGETS;
        return Math.max(SILENCE, seconds * 1000);
      },
    });
    this.#timer = setInterval(() => {
      this.viewers.sweep();
      this.outputs.sweep();
    }, SWEEP);
    this.#timer.unref();
  }

  /** Adds the routes to an HTTP server, of which there may be several. */
  register(app: FastifyInstance): void {
    hlsRoutes(app, { outputs: this.outputs, viewers: this.viewers });
  }

  close(): void {
    clearInterval(this.#timer);
    this.outputs.close();
  }
}
