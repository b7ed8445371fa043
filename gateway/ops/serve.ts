import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Folders } from '../config/folders.ts';
import { createFolders } from '../config/folders.ts';
import type { FixedSettings } from '../config/layers.ts';
import { schema } from '../config/schema.ts';
import type { Config, ConfigKey } from '../config/schema.ts';
import { openConfigStore } from '../config/store.ts';
import type { ConfigStore } from '../config/store.ts';
import { changedKeys } from '../config/values.ts';
import { claimInstance } from './instance.ts';
import type { Instance } from './instance.ts';
import { explainListenError } from './listen-error.ts';
import { descriptorOutput, fileOutput } from './log-file.ts';
import { startLogging } from './log.ts';
import type { Log } from './log.ts';
import { mayBind } from './may-bind.ts';
import { createShutdown } from './shutdown.ts';
import { outsideAddress, startReport } from './start-report.ts';

/** What `serve` needs of a started gateway. */
export interface ServedGateway {
  readonly ports: { readonly rtmp: number; readonly http: number; readonly https?: number };
  /** Applies a configuration; when it rejects, the one before is in force. */
  reload(config: Config): Promise<unknown>;
  close(): Promise<void>;
}

/** What a gateway is started with. */
export interface ServedOptions {
  readonly config: Config;
  readonly folders: Folders;
  readonly log: Log;
  /** The configuration's two copies, for `/cfg/get` and `/cfg/set`. */
  readonly store: ConfigStore;
  /** What `/cfg/reload` does: reads the running copy and applies it; answers the changed keys. */
  readonly reload: () => Promise<string[]>;
}

export interface ServeOptions {
  readonly folders: Folders;
  readonly fixed: FixedSettings;
  /** What people should be warned of, with this configuration. */
  readonly warnings: (config: Config) => readonly string[];
  /** The flags as given, for a later `ams restart`. */
  readonly flags: readonly string[];
  /** `terminal`: log to standard output; `file`: to `ams.log` in the state folder. */
  readonly logTo: 'terminal' | 'file';
  readonly start: (options: ServedOptions) => Promise<ServedGateway>;
}

/** A gateway that serves. */
export interface Serving {
  /** What to tell people: addresses and folders, a line each. */
  readonly report: readonly string[];
  /** What they should be warned of, a sentence each. */
  readonly warnings: readonly string[];
  readonly ports: ServedGateway['ports'];
  readonly log: Log;
  /** Reads the running copy of the configuration and applies it; answers the changed keys. */
  reload(): Promise<string[]>;
  /** Ends everything in order, within 10 s; resolves with the exit code. A second call joins the first. */
  end(reason: string, exitCode: number): Promise<number>;
}

/** Nobody waits longer for a log that is not read, ms. */
const flushLimit = 500;

/** Log file in the state folder. */
const logFileName = 'ams.log';

/**
 * Runs the gateway in this process.
 * @throws when it cannot start, with a sentence; then nothing is left running or behind.
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { folders } = options;
  createFolders(folders);
  const instance = claimInstance(folders.state, options.flags);
  try {
    return await serveClaimed(options, instance);
  } catch (error) {
    instance.release();
    throw error;
  }
}

async function serveClaimed(options: ServeOptions, instance: Instance): Promise<Serving> {
  const { folders, fixed, logTo, start, warnings } = options;
  const store = openConfigStore(folders, fixed, mayBind);
  const loaded = await store.load();
  let { config } = loaded;
  const logging = startLogging(
    logTo === 'terminal'
      ? descriptorOutput(1)
      : fileOutput(join(folders.state, logFileName), () => ({
          maxBytes: config.log_file_size * 1_000_000,
          keepDays: config.log_keep_days,
        })),
    config,
  );
  const { log } = logging;

  const reload = inTurn(instance, async () => {
    const { config: next } = await store.load();
    await explaining(next, () => gateway.reload(next));
    const changed = changedKeys(config, next);
    config = next;
    logging.apply(next);
    instance.update({ ports: gateway.ports });
    log.info({ changed }, 'configuration reloaded');
    return changed;
  });
  let gateway: ServedGateway;
  try {
    gateway = await explaining(config, () => start({ config, folders, log, store, reload }));
  } catch (error) {
    await logging.flush();
    throw error;
  }

  const shutdown = createShutdown(log);
  shutdown.add('the PID file', () => instance.release());
  shutdown.add('the gateway', () => gateway.close());
  instance.update({ state: 'running', ports: gateway.ports });

  return {
    log,
    ports: gateway.ports,
    reload,
    async end(reason, exitCode) {
      instance.update({ state: 'ending' });
      const code = await shutdown.run(reason, exitCode);
      await Promise.race([logging.flush(), wait(flushLimit)]);
      return code;
    },
    report: startReport({ config, folders, ports: gateway.ports, host: outsideAddress() }),
    warnings: [...loaded.notes, ...warnings(config)],
  };
}

/** One reload after another, each with its outcome in the instance's record for `ams reload`. */
function inTurn(
  instance: Instance,
  reload: () => Promise<ConfigKey[]>,
): () => Promise<ConfigKey[]> {
  let count = 0;
  let last: Promise<unknown> = Promise.resolve();
  const recorded = async () => {
    try {
      const changed = await reload();
      instance.update({ reloads: ++count, lastReload: { ok: true, message: describe(changed) } });
      return changed;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      instance.update({ reloads: ++count, lastReload: { ok: false, message } });
      throw error;
    }
  };
  return () => {
    const result = last.then(recorded, recorded);
    last = result;
    return result;
  };
}

/** What a reload that changed these keys did, as sentences. */
function describe(changed: readonly ConfigKey[]): string {
  const restart = changed.filter((key) => schema[key].reload === 'restart');
  const applied = changed.filter((key) => !restart.includes(key));
  const parts: string[] = [];
  if (applied.length > 0) parts.push(`Applied: ${applied.join(', ')}.`);
  if (restart.length > 0) parts.push(`Only a restart applies: ${restart.join(', ')}.`);
  return parts.length > 0 ? parts.join(' ') : 'Nothing has changed.';
}

/** Runs an action that listens; its failure becomes a sentence that names the key. */
async function explaining<T>(config: Config, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw explainListenError(error, config);
  }
}
