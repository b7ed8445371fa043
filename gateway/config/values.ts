import { ConfigError } from './errors.ts';
import { maxValueLength } from './kinds.ts';
import { defaultMediaFolder } from './ams-keys.ts';
import type { KeySpec } from './key-spec.ts';
import { configKeys, schema } from './schema.ts';
import type { Config, ConfigKey } from './schema.ts';
import { didYouMean } from './suggest.ts';

/** Some keys with their values, checked one by one. */
export type Settings = { [K in ConfigKey]?: Config[K] };

/** Whether the configuration has this key. */
export function isConfigKey(name: string): name is ConfigKey {
  return Object.hasOwn(schema, name);
}

/** The name as a key; otherwise an error that suggests the nearest one. */
export function configKey(name: string): ConfigKey {
  if (isConfigKey(name)) return name;
  const shown = name.length > 64 ? `${name.slice(0, 64)}…` : name;
  const message = `There is no configuration key "${shown}".${didYouMean(name, configKeys)}`;
  throw new ConfigError('config_unknown_key', message, shown);
}

/** The default of every key, with media in `media` (an absolute folder). */
export function defaultConfig(media: string = defaultMediaFolder): Config {
  const moved = (key: ConfigKey, value: unknown): unknown =>
    spec(key).inMedia === true && typeof value === 'string'
      ? media + value.slice(defaultMediaFolder.length)
      : value;
  return Object.fromEntries(
    configKeys.map((key) => [key, moved(key, schema[key].default)]),
  ) as unknown as Config;
}

/** Reads one key's value from text; a wrong one is a `ConfigError` that names the key. */
export function parseValue<K extends ConfigKey>(key: K, text: string): Config[K] {
  if (text.length > maxValueLength) {
    const message = `${key} must be at most ${maxValueLength} characters long, got ${text.length}.`;
    throw new ConfigError('config_bad_value', message, key);
  }
  // A line break in an address would end up in requests and logs.
  if (/\p{Cc}/u.test(text)) {
    const message = `${key} must not contain control characters, got ${JSON.stringify(text.slice(0, 200))}.`;
    throw new ConfigError('config_bad_value', message, key);
  }
  let value: Config[K];
  try {
    value = spec(key).kind.parse(text);
  } catch (error) {
    const must = error instanceof Error ? error.message : String(error);
    const message = `${key} must be ${must}, got ${JSON.stringify(text.slice(0, 200))}.`;
    throw new ConfigError('config_bad_value', message, key, error);
  }
  const refusal = spec(key).refuse?.(value);
  if (refusal !== undefined) throw new ConfigError('config_bad_value', `${refusal}.`, key);
  return value;
}

/** One key's value as text, as `get` and the files write it (before any percent-encoding). */
export function formatValue<K extends ConfigKey>(key: K, value: Config[K]): string {
  return spec(key).kind.format(value);
}

/** Reads name/value pairs; unknown names, names given twice and wrong values are errors. */
export function parseSettings(pairs: Iterable<readonly [name: string, text: string]>): Settings {
  const settings: Settings = {};
  for (const [name, text] of pairs) {
    const key = configKey(name);
    if (Object.hasOwn(settings, key)) {
      throw new ConfigError('config_duplicate_key', `${key} is given more than once.`, key);
    }
    assign(settings, key, parseValue(key, text));
  }
  return settings;
}

/**
 * What single keys cannot see: keys that contradict each other.
 * @throws ConfigError naming one of the keys.
 */
export function checkTogether(config: Config): void {
  for (const key of configKeys) {
    const family = /^enable_(http|rtmp)_.*_notify$/.exec(key)?.[1];
    if (family === undefined || config[key] !== true) continue;
    const address = family === 'http' ? 'http_notify' : 'rtmp_notify';
    if (config[address] === '') {
      const message = `${key} is 1 but ${address} is empty: set the address first, or in the same call.`;
      throw new ConfigError('config_conflict', message, key);
    }
  }
  if (config.https_port !== 0 && (config.tls_cert === '' || config.tls_key === '')) {
    const message = `https_port is ${config.https_port}, so tls_cert and tls_key must be given too.`;
    throw new ConfigError('config_conflict', message, 'https_port');
  }
  const ports = new Map<number, ConfigKey>();
  for (const key of ['rtmp_port', 'http_port', 'https_port', 'webrtc_port'] as const) {
    const port = config[key];
    const other = ports.get(port);
    if (port !== 0 && other !== undefined) {
      const message = `${other} and ${key} are both ${port}: they must differ.`;
      throw new ConfigError('config_conflict', message, key);
    }
    ports.set(port, key);
  }
}

/** The keys whose values differ, in the order of `get`. */
export function changedKeys(before: Config, after: Config): ConfigKey[] {
  return configKeys.filter((key) => textOf(before, key) !== textOf(after, key));
}

/** One key of a whole configuration as text. */
export function textOf(config: Config, key: ConfigKey): string {
  return formatValue(key, config[key]);
}

/**
 * The answer of `get`: `hls_fragment=2&hls_playlist_length=4&…`. Values stand raw; only what would
 * break parsing is percent-encoded: `% & = + #`, white space, control and non-ASCII characters.
 */
export function toFormString(config: Config): string {
  return configKeys.map((key) => `${key}=${encodeFormValue(textOf(config, key))}`).join('&');
}

/** Percent-encodes only what would break the parsing of a form string. */
export function encodeFormValue(text: string): string {
  return text.toWellFormed().replace(/[^!-~]|[%&=+#]/gu, (character) => {
    const encoded = encodeURIComponent(character);
    if (encoded !== character) return encoded;
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

/** Sets one key; keeps the types of key and value together, which `settings[key] = …` cannot. */
export function assign<K extends ConfigKey>(settings: Settings, key: K, value: Config[K]): void {
  settings[key] = value;
}

function spec<K extends ConfigKey>(key: K): KeySpec<Config[K]> {
  return schema[key] as unknown as KeySpec<Config[K]>;
}
