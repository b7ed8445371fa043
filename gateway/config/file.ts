import { readFile } from 'node:fs/promises';
import { ConfigError } from './errors.ts';
import { configKeys, schema } from './schema.ts';
import type { ConfigKey } from './schema.ts';
import { formatValue, parseSettings } from './values.ts';
import type { Settings } from './values.ts';

/** No configuration file is larger than this, bytes. */
const maxFileLength = 1_048_576;

/**
 * Reads a configuration file: a JSON object of keys and values; keys that are not in it have their
 * defaults. A file that does not exist has no keys.
 * @throws ConfigError naming the file, and the key where one is wrong.
 */
export async function readSettingsFile(path: string): Promise<Settings> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw badFile(path, 'cannot be read', error);
  }
  return parseSettingsFile(path, text);
}

/** The content of a configuration file as settings; `path` is for the error's sentence. */
export function parseSettingsFile(path: string, text: string): Settings {
  if (text.length > maxFileLength) throw badFile(path, `is larger than ${maxFileLength} bytes`);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw badFile(path, 'is not valid JSON', error);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw badFile(path, 'must hold one JSON object of keys and values');
  }
  try {
    return parseSettings(Object.entries(content).map(([name, value]) => [name, asText(value)]));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const message = `The configuration file ${path} is wrong: ${error.message}`;
    throw new ConfigError('config_bad_file', message, error.key, error);
  }
}

/** Settings as the content of a configuration file, in the order of the schema. */
export function formatSettingsFile(settings: Settings): string {
  const entries = configKeys
    .filter((key) => Object.hasOwn(settings, key))
    .map((key) => [key, asJson(key, settings)]);
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}

/** Whether both say the same. */
export function sameSettings(a: Settings, b: Settings): boolean {
  return formatSettingsFile(a) === formatSettingsFile(b);
}

function asJson(key: ConfigKey, settings: Settings): string | number {
  const value = settings[key] ?? schema[key].default;
  return typeof value === 'number' ? value : formatValue(key, value);
}

/** A value of a JSON object (or of a JSON request) as the text that a form would carry. */
function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) {
    return value.join(',');
  }
  return JSON.stringify(value);
}

function badFile(path: string, what: string, cause?: unknown): ConfigError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  const message = `The configuration file ${path} ${what}${why}. It was left as it is: correct it, or move it away to start with defaults.`;
  return new ConfigError('config_bad_file', message, undefined, cause);
}
