import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config/schema.ts';
import { startHealthMonitor } from '../ops/health.ts';
import { createMask, type Mask } from '../ops/mask.ts';
import { createMetrics, type Metrics } from '../ops/metrics.ts';
import type { SessionRegistry } from '../sessions/registry.ts';
import { createGuard, type Guard } from './access/guard.ts';
import { createCallbacks, type Callbacks } from './callbacks/callbacks.ts';
import { configRoutes, unchangeable, type ConfigApi } from './config/config-routes.ts';
import { controlRoutes } from './control/control-routes.ts';
import { fileRoutes, postersAreOpen, type FileCatalogue } from './control/files.ts';
import { demoRoutes, type Demo } from './control/demo-routes.ts';
import { delfRoute, type DeleteFile } from './control/delf.ts';
import { noRecorder, type Recorder } from './control/recorder.ts';
import { addApiRoutes } from './http/api-route.ts';
import type { Log } from './log.ts';
import type { LiveStreams } from './stat/live-stream.ts';
import type { StatDelay, StatLibrary } from '../../shared/stat.ts';
import { addMetrics } from './stat/metrics.ts';
import { watchEncoders } from './stat/encoder-watch.ts';
import { addStatRoutes } from './stat/stat-routes.ts';
import { Traffic } from './stat/traffic.ts';

export interface AmsOptions {
  /** The configuration in force; read anew each time. */
  readonly config: () => Config;
  /** The saved configuration, and how to apply it; without, `/cfg` only shows the one in force. */
  readonly settings?: ConfigApi | undefined;
  /** The state folder: callbacks that wait are kept in `callbacks/` below it. */
  readonly stateFolder: string;
  readonly registry: SessionRegistry;
  readonly hub: LiveStreams;
  /** Where the addresses are added; not listening yet. */
  readonly app: FastifyInstance;
  readonly log: Log;
  readonly recorder?: Recorder;
  /** What `/cfg/delf` does; without, the address does not exist. */
  readonly deleteFile?: DeleteFile;
  readonly demo?: Demo;
  /** What `/control/files` lists; without, the address does not exist. */
  readonly catalogue?: FileCatalogue;
  /** What viewers see of the delay, by transport. */
  readonly delays?: () => readonly StatDelay[];
  /** Recordings and jobs, for `stat`. */
  readonly library?: () => StatLibrary;
  readonly metrics?: Metrics;
}

/** The AMS surface at work. */
export interface Ams {
  readonly callbacks: Callbacks;
  /** Whether a request may use the API; for addresses that other rooms add (`/upload`, …). */
  readonly guard: Guard;
  /** Delivers callbacks for at most that long, keeps the rest, and stops. End the sessions first. */
  close(timeoutMs: number): Promise<void>;
}

/** Starts callbacks and status, and adds the addresses of `/cfg`, `/control`, `/stat`. */
export async function startAms(options: AmsOptions): Promise<Ams> {
  const { config, registry, hub, app, log, metrics = createMetrics() } = options;
  const now = Date.now;
  const folder = join(options.stateFolder, 'callbacks');
  const callbacks = await createCallbacks({ config, folder, log, now });
  registry.addCheck(callbacks.check);
  registry.listen(callbacks.events);

  const health = startHealthMonitor();
  const traffic = new Traffic(
    registry,
    () => hub.streams,
    () => performance.now(),
  );
  registry.listen(traffic.events);
  const sampler = setInterval(() => traffic.sample(), 1000);
  sampler.unref();

  const sources = {
    sessions: registry,
    hub,
    traffic,
    health: () => health.read(),
    callbacks: () => callbacks.figures(),
    delays: options.delays ?? (() => []),
    now,
  };
  registry.listen(addMetrics(metrics, sources));

  const guard = createGuard(config);
  await addApiRoutes(app, { guard, log }, [
    ...configRoutes(options.settings ?? unchangeable(config)),
    ...controlRoutes({ sessions: registry, recorder: options.recorder ?? noRecorder }),
    ...(options.deleteFile ? [delfRoute(options.deleteFile)] : []),
    ...(options.catalogue ? fileRoutes(options.catalogue, () => postersAreOpen(config())) : []),
    ...(options.demo ? demoRoutes(options.demo) : []),
  ]);
  await addStatRoutes(app, {
    report: { ...sources, encoders: watchEncoders(hub), mask: maskOf(config) },
    system: {
      ...sources,
      library: options.library,
      callbacksWaiting: () => {
        const { rtmp, http } = callbacks.figures().waiting;
        return rtmp + http;
      },
    },
    metrics,
  });

  return {
    callbacks,
    guard,
    async close(timeoutMs) {
      clearInterval(sampler);
      health.close();
      await callbacks.close(timeoutMs);
    },
  };
}

/** The mask of the configuration in force, made anew only when it changes. */
function maskOf(config: () => Config): () => Mask {
  let words = config().mask_args;
  let mask = createMask(words);
  return () => {
    if (config().mask_args !== words) {
      words = config().mask_args;
      mask = createMask(words);
    }
    return mask;
  };
}
