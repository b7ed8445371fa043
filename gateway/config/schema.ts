import { amsKeys } from './ams-keys.ts';
import type { Kind } from './kinds.ts';
import { ownKeys } from './own-keys.ts';

/**
 * Every key, in the order of `get`: the AMS surface's own order first, then the gateway's keys.
 * Types, defaults, validation, the `get` string and the reference page all come from here.
 */
export const schema = { ...amsKeys, ...ownKeys };

type Schema = typeof schema;

/** Name of a configuration key. */
export type ConfigKey = keyof Schema;

/** The whole configuration, typed: whole numbers, booleans, strings, lists of strings. */
export type Config = {
  readonly [K in ConfigKey]: Schema[K]['kind'] extends Kind<infer T> ? T : never;
};

/** Every key, in the order of `get`. */
export const configKeys = Object.keys(schema) as readonly ConfigKey[];
