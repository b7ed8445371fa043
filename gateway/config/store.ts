import { join } from 'node:path';
import { replaceFiles } from './atomic-file.ts';
import { ConfigError } from './errors.ts';
import { formatSettingsFile, readSettingsFile, sameSettings } from './file.ts';
import type { Folders } from './folders.ts';
import { combine } from './layers.ts';
import type { FixedSettings } from './layers.ts';
import { configKeys } from './schema.ts';
import type { Config, ConfigKey } from './schema.ts';
import { formatValue, parseSettings } from './values.ts';
import type { Settings } from './values.ts';

/** The file that a start and `reload` read. */
export const runningFile = 'ams.json';
/** The copy that `get` shows and `set` edits. */
export const savedFile = 'ams.saved.json';

/**
 * The two copies of the configuration in the state folder, under what flags and environment fix.
 * Nothing here takes effect by itself: a start or a reload calls `load` and applies the result.
 */
export interface ConfigStore {
  /** What fixes a key (`--rtmp_port`, `AMS_RTMP_PORT`), if anything does. */
  readonly fixedBy: ReadonlyMap<ConfigKey, string>;
  /** What `get` shows: the saved values; of a fixed key the value in force. */
  get(): Promise<Config>;
  /**
   * Saves keys, all or none, and writes the saved copy over the running one.
   * @throws ConfigError naming the key and the reason; then nothing has changed.
   */
  set(pairs: Iterable<readonly [name: string, text: string]>): Promise<Config>;
  /** Reads the running copy, as a start and `reload` do. A hand edit of it becomes the saved copy. */
  load(): Promise<LoadedConfig>;
  /** Puts the running copy back to defaults; `get` still shows the saved one until the next `set`. */
  reset(): Promise<void>;
}

/** A configuration to run with, and what people should be told about it. */
export interface LoadedConfig {
  readonly config: Config;
  readonly notes: readonly string[];
}

/** HTTP port where the default one may not be bound and nobody asked for another. */
const fallbackHttpPort = 8089;

/** Whether this user may listen on the port, whoever else does so now. */
export type MayBind = (port: number, address: string) => Promise<boolean>;

/** The configuration files of `folders.state`, under `fixed`. */
export function openConfigStore(
  folders: Folders,
  fixed: FixedSettings,
  mayBind: MayBind,
): ConfigStore {
  const running = join(folders.state, runningFile);
  const saved = join(folders.state, savedFile);

  // One change at a time: two `set` calls must not write over each other.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const result = last.then(task, task);
    last = result;
    return result;
  };

  return {
    fixedBy: fixed.by,

    get: () => inTurn(async () => combine(folders.media, await readSettingsFile(saved), fixed)),

    set: (pairs) =>
      inTurn(async () => {
        const changes = parseSettings(pairs);
        const before = await readSettingsFile(saved);
        const after = { ...before, ...withoutFixed(changes, fixed) };
        const config = combine(folders.media, after, fixed);
        const content = formatSettingsFile(after);
        // The running copy first: if the machine dies between the two, the next start finds a
        // running copy that is newer than the saved one and takes it over as a whole.
        await replaceFiles([
          { path: running, content },
          { path: saved, content },
        ]);
        return config;
      }),

    load: () =>
      inTurn(async () => {
        const settings = await readSettingsFile(running);
        const config = combine(folders.media, settings, fixed);
        await adopt(settings);
        return withPortFallback(config, settings);
      }),

    reset: () => inTurn(() => replaceFiles([{ path: running, content: formatSettingsFile({}) }])),
  };

  async function withPortFallback(config: Config, settings: Settings): Promise<LoadedConfig> {
    const { http_port: port, http_bind: address } = config;
    const given = Object.hasOwn(settings, 'http_port') || fixed.by.has('http_port');
    if (given || (await mayBind(port, address))) return { config, notes: [] };
    const note = `This user may not listen on port ${port}, so HTTP is served on port ${fallbackHttpPort} (key http_port).`;
    return { config: { ...config, http_port: fallbackHttpPort }, notes: [note] };
  }

  /** The running copy differs from the saved one without a reset: somebody edited it. */
  async function adopt(settings: Settings): Promise<void> {
    if (Object.keys(settings).length === 0) return;
    if (sameSettings(settings, await readSettingsFile(saved))) return;
    await replaceFiles([{ path: saved, content: formatSettingsFile(settings) }]);
  }
}

/**
 * The changes without the keys that are fixed to that very value already (so that what `get`
 * showed can be sent back whole); another value for a fixed key is refused.
 */
function withoutFixed(changes: Settings, fixed: FixedSettings): Settings {
  const left: Settings = { ...changes };
  for (const key of configKeys) {
    const source = fixed.by.get(key);
    if (source === undefined || !Object.hasOwn(changes, key)) continue;
    if (!sameSettings({ [key]: changes[key] }, { [key]: fixed.settings[key] })) {
      const value = valueText(key, fixed.settings);
      const message = `${key} cannot be set: ${source} fixes it to "${value}".`;
      throw new ConfigError('config_fixed_key', message, key);
    }
    delete left[key];
  }
  return left;
}

function valueText(key: ConfigKey, settings: Settings): string {
  const value = settings[key];
  return value === undefined ? '' : formatValue(key, value);
}
