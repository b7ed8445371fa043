import { ConfigError } from './errors.ts';
import { configKeys } from './schema.ts';
import type { ConfigKey } from './schema.ts';
import { didYouMean, nearest } from './suggest.ts';
import {
  assign,
  checkTogether,
  configKey,
  defaultConfig,
  isConfigKey,
  parseValue,
} from './values.ts';
import type { Config } from './schema.ts';
import type { Settings } from './values.ts';

/** A key that the command line or the environment fixes, and by what, e.g. `--rtmp_port`. */
export interface FixedSettings {
  readonly settings: Settings;
  readonly by: ReadonlyMap<ConfigKey, string>;
}

/** What was given from outside the files. */
export interface Invocation {
  /** `--home` or `AMS_HOME`, as given. */
  readonly home: string | undefined;
  readonly fixed: FixedSettings;
  /** The flags, each as `--name=value`, for a process that is to be started in the same way. */
  readonly flags: readonly string[];
  /** Arguments that are not flags. */
  readonly words: readonly string[];
  /** Things worth telling, such as an environment variable that looks like a misspelt key. */
  readonly warnings: readonly string[];
}

/** Variables that are the gateway's but no keys. */
const otherVariables = ['AMS_HOME', 'AMS_SETUP'];

/**
 * Reads flags (`--key=value`, `--key value`, `--home DIR`) and the environment (`AMS_KEY`, upper
 * case; an empty variable counts as not given). A flag beats the environment.
 * @throws ConfigError for an unknown flag (with the nearest one), a missing or a wrong value.
 */
export function readInvocation(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Invocation {
  const flags = readFlags(argv);
  const settings: Settings = {};
  const by = new Map<ConfigKey, string>();
  for (const key of configKeys) {
    const variable = `AMS_${key.toUpperCase()}`;
    const given = flags.values.get(key);
    const text = given ?? env[variable];
    if (text === undefined || (given === undefined && text === '')) continue;
    const source = given === undefined ? variable : `--${key}`;
    assign(settings, key, readFixed(key, text, source));
    by.set(key, source);
  }
  return {
    home: flags.home ?? (env.AMS_HOME || undefined),
    fixed: { settings, by },
    flags: [
      ...(flags.home === undefined ? [] : [`--home=${flags.home}`]),
      ...[...flags.values].map(([key, text]) => `--${key}=${text}`),
    ],
    words: flags.words,
    warnings: misspelt(env),
  };
}

/** Flags as `readInvocation` lists them, of which later ones replace earlier ones of their name. */
export function mergeFlags(...lists: readonly (readonly string[])[]): string[] {
  const byName = lists.flat().map((flag) => [flag.slice(0, flag.indexOf('=')), flag] as const);
  return [...new Map(byName).values()];
}

/** Flags over environment over file over defaults, checked together. */
export function combine(media: string, file: Settings, fixed: FixedSettings): Config {
  const config = { ...defaultConfig(media), ...file, ...fixed.settings };
  checkTogether(config);
  return config;
}

interface Flags {
  home: string | undefined;
  values: Map<ConfigKey, string>;
  words: string[];
}

function readFlags(argv: readonly string[]): Flags {
  const flags: Flags = { home: undefined, values: new Map(), words: [] };
  const queue = [...argv];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (!word.startsWith('--')) {
      flags.words.push(word);
      continue;
    }
    const equals = word.indexOf('=');
    const name = word.slice(2, equals < 0 ? undefined : equals);
    const known = name === 'home' || isConfigKey(name);
    if (!known) throw unknownFlag(name);
    const value = equals < 0 ? queue.shift() : word.slice(equals + 1);
    if (value === undefined || (equals < 0 && value.startsWith('--'))) {
      throw new ConfigError('config_bad_argument', `--${name} needs a value: --${name}=VALUE.`);
    }
    if (name === 'home') {
      if (value === '') throw new ConfigError('config_bad_argument', '--home needs a folder.');
      flags.home = value;
    } else {
      flags.values.set(configKey(name), value);
    }
  }
  return flags;
}

function unknownFlag(name: string): ConfigError {
  const guess = nearest(name, ['home', ...configKeys]);
  const hint = guess === undefined ? '' : ` Did you mean "--${guess}"?`;
  return new ConfigError('config_bad_argument', `There is no flag "--${name}".${hint}`);
}

function readFixed<K extends ConfigKey>(key: K, text: string, source: string): Config[K] {
  try {
    return parseValue(key, text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(error.code, `${source}: ${error.message}`, key, error);
  }
}

/** Variables that differ from a key's in a letter or two; others may be anybody's. */
function misspelt(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = [...otherVariables, ...configKeys.map((key) => `AMS_${key.toUpperCase()}`)];
  return Object.keys(env)
    .filter((name) => name.startsWith('AMS_') && !known.includes(name))
    .map((name) => ({ name, hint: didYouMean(name, known) }))
    .filter(({ hint }) => hint !== '')
    .map(({ name, hint }) => `The variable ${name} is no configuration key and is ignored.${hint}`);
}
