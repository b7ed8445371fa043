import { ConfigError } from '../../config/errors.ts';
import { configKeys, schema, type Config } from '../../config/schema.ts';
import { isConfigKey, textOf, toFormString } from '../../config/values.ts';
import { ApiError } from '../http/api-error.ts';
import type { ApiAnswer, ApiCall, ApiRoute } from '../http/api-route.ts';
import { readParameters } from '../http/parameters.ts';

/** The configuration as `/cfg` sees it. */
export interface ConfigApi {
  /** The saved configuration. */
  get(): Promise<Config>;
  /** Saves keys, all or none. @throws ConfigError naming key and reason */
  set(pairs: Iterable<readonly [name: string, text: string]>): Promise<unknown>;
  /** Applies what is saved, where it can be applied now; answers the keys that changed. */
  reload(): Promise<readonly string[]>;
}

/** Stands in where the gateway runs inside another program, which alone configures it. */
export function unchangeable(config: () => Config): ConfigApi {
  const refuse = () =>
    Promise.reject(new ApiError('unavailable', 'This gateway is configured by its program only.'));
  return { get: () => Promise.resolve(config()), set: refuse, reload: refuse };
}

/** `POST /cfg/get`, `/cfg/set` and `/cfg/reload`. */
export function configRoutes(config: ConfigApi): ApiRoute[] {
  const route = (name: string, handle: ApiRoute['handle']): ApiRoute => ({
    method: 'POST',
    url: `/cfg/${name}`,
    failure: 'result',
    handle,
  });
  return [
    route('get', async ({ query, body }) => {
      readParameters([...query, ...body], []);
      const saved = await orApiError(config.get());
      return { text: toFormString(saved), json: configJson(saved) };
    }),
    route('set', async ({ query, body }) => {
      readParameters(query, []);
      if (body.length === 0) {
        throw new ApiError('bad_parameter', 'Give at least one key in the body: key=value.');
      }
      await orApiError(config.set(body));
      return ok;
    }),
    route('reload', async (call) => reload(config, call)),
  ];
}

async function reload(config: ConfigApi, { query, body }: ApiCall): Promise<ApiAnswer> {
  readParameters([...query, ...body], []);
  const changed = await orApiError(config.reload());
  const needsRestart = (key: string) => isConfigKey(key) && schema[key].reload === 'restart';
  const restart = changed.filter(needsRestart);
  const applied = changed.filter((key) => !needsRestart(key));
  return {
    text: ok.text,
    json: { result: 'OK', applied, restart },
    // Text callers compare the body with `result=OK`; what was applied must not be in their way.
    headers: { 'ams-applied': applied.join(','), 'ams-restart': restart.join(',') },
  };
}

const ok: ApiAnswer = { text: 'result=OK', json: { result: 'OK' } };

/** Numbers and switches as numbers, everything else as text: what `set` takes, too. */
function configJson(config: Config): Record<string, string | number> {
  return Object.fromEntries(
    configKeys.map((key) => {
      const value = config[key];
      const number = typeof value === 'number' || typeof value === 'boolean';
      return [key, number ? Number(value) : textOf(config, key)];
    }),
  );
}

async function orApiError<T>(task: Promise<T>): Promise<T> {
  try {
    return await task;
  } catch (error) {
    if (error instanceof ConfigError || refusedBySystem(error)) {
      // A file that somebody broke by hand is not the caller's doing.
      const isFile = error instanceof ConfigError && error.code === 'config_bad_file';
      throw new ApiError(isFile ? 'failed' : 'bad_parameter', (error as Error).message);
    }
    throw error;
  }
}

/** A port that is taken, a folder that may not be written, …: for the caller to know. */
function refusedBySystem(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return /^E[A-Z]+$/.test(code);
  return cause instanceof Error && refusedBySystem(cause);
}
