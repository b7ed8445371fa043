import { join } from 'node:path';
import type { Config } from '../../gateway/config/schema.ts';
import { createFolders } from '../../gateway/config/folders.ts';
import { defaultConfig } from '../../gateway/config/values.ts';
import { startGateway, type Gateway } from '../../gateway/gateway.ts';
import { startLogging } from '../../gateway/ops/log.ts';
import type { Session } from '../../gateway/sessions/session.ts';
import type { Scope } from './scope.ts';
import { tempDir } from './temp-dir.ts';
import { until as whenTrue } from './until.ts';

/** Our gateway in this process, on loopback, on ports of its own and with a home of its own. */
export interface TestGateway {
  readonly gateway: Gateway;
  readonly config: Config;
  /** `rtmp://127.0.0.1:PORT/live`: append `/NAME`. */
  readonly rtmp: string;
  /** `http://127.0.0.1:PORT`: append a path. */
  readonly http: string;
  readonly folders: { readonly state: string; readonly media: string };
  /** Everything that it logged, line by line. */
  readonly log: readonly string[];
  /** The first line (past, but not before line `from`, or to come) that matches. */
  logged(pattern: RegExp, from?: number): Promise<string>;
  /** Resolves when this many players (of one stream, if named) have been let in. */
  players(count: number, name?: string, timeoutMs?: number): Promise<void>;
  /** Resolves when the stream can be watched: it has a key frame. */
  ready(name: string): Promise<void>;
  /** Resolves when the stream is in this state. */
  streamIs(name: string, state: 'live' | 'interrupted' | 'ended' | 'gone'): Promise<void>;
}

const TIMEOUT_MS = 10_000;
/** Publishers that have to start and to encode first take longer. */
const READY_MS = 20_000;

/**
 * Starts the gateway for a test, with defaults but for `settings`; `home`: of an earlier one, which
 * it takes over from.
 */
export async function startTestGateway(
  scope: Scope,
  settings: Partial<Config> = {},
  { home: given }: { home?: string } = {},
): Promise<TestGateway> {
  const home = given ?? (await tempDir(scope));
  const folders = { state: home, media: join(home, 'media') };
  createFolders(folders);
  const config: Config = {
    ...defaultConfig(folders.media),
    rtmp_port: 0,
    http_port: 0,
    webrtc_port: 0,
    webrtc_bind: '127.0.0.1',
    rtmp_bind: '127.0.0.1',
    http_bind: '127.0.0.1',
    // Tests of the recorder switch it on; for all others it would only be work.
    enable_rtmp_record_manual: true,
    ...settings,
  };

  const log: string[] = [];
  const lookers = new Set<() => void>();
  const look = (): void => {
    for (const looker of lookers) looker();
  };
  const logging = startLogging(
    {
      write(text) {
        log.push(...text.trimEnd().split('\n'));
        look();
      },
      flush() {},
    },
    config,
  );

  const gateway = await startGateway({ config, folders, log: logging.log });
  scope.after(() => gateway.close());
  gateway.registry.listen({ started: look, ended: look });
  gateway.hub.listen({
    opened: (stream) => {
      stream.subscribe({ packet() {}, state: look });
      look();
    },
    closed: look,
  });

  const until = <T>(
    what: string,
    find: () => T | undefined,
    timeoutMs: number = TIMEOUT_MS,
  ): Promise<T> =>
    new Promise((resolve, reject) => {
      const looker = (): void => {
        const found = find();
        if (found === undefined) return;
        lookers.delete(looker);
        clearTimeout(timer);
        resolve(found);
      };
      const timer = setTimeout(() => {
        lookers.delete(looker);
        reject(new Error(`${what}: not in ${timeoutMs} ms. The log:\n${log.join('\n')}`));
      }, timeoutMs);
      lookers.add(looker);
      looker();
    });

  const isPlayer =
    (name: string | undefined) =>
    ({ details, state }: Session): boolean =>
      state === 'active' && details.kind === 'play' && (name ?? details.name) === details.name;

  return {
    gateway,
    config,
    rtmp: `rtmp://127.0.0.1:${gateway.ports.rtmp}/live`,
    http: `http://127.0.0.1:${gateway.ports.http}`,
    folders,
    log,
    logged: (pattern, from = 0) =>
      until(`a log line ${pattern}`, () => log.slice(from).find((line) => pattern.test(line))),
    async players(count, name, timeoutMs) {
      await until(
        `${count} players`,
        () => (gateway.registry.list(isPlayer(name)).length >= count ? true : undefined),
        timeoutMs,
      );
    },
    // Nobody announces it.
    ready: (name) => whenTrue(() => gateway.hub.find(name)?.ready === true, READY_MS),
    async streamIs(name, state) {
      await until(`the stream ${name} is ${state}`, () =>
        (gateway.hub.find(name)?.state ?? 'gone') === state ? true : undefined,
      );
    },
  };
}
