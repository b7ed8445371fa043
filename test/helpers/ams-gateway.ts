import { join } from 'node:path';
import type { Config } from '../../gateway/config/schema.ts';
import { createFolders, type Folders } from '../../gateway/config/folders.ts';
import { openConfigStore, type ConfigStore } from '../../gateway/config/store.ts';
import { parseSettings, type Settings } from '../../gateway/config/values.ts';
import { startGateway, type Gateway } from '../../gateway/gateway.ts';
import { startLogging } from '../../gateway/ops/log.ts';
import { connect, type RtmpClient } from '../../gateway/relay/rtmp-client.ts';
import type { Scope } from './scope.ts';
import { sendMedia } from './rtmp-media.ts';
import { tempDir } from './temp-dir.ts';
import { until } from './until.ts';

/** What an API call was answered with. */
export interface ApiResult {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** The whole gateway, with its configuration files, as integrators' programs meet it. */
export interface AmsGateway {
  readonly gateway: Gateway;
  readonly store: ConfigStore;
  readonly folders: Folders;
  readonly log: readonly string[];
  /** `rtmp://127.0.0.1:PORT` */
  readonly rtmp: string;
  /** `http://127.0.0.1:PORT` */
  readonly http: string;
  get(path: string, headers?: Record<string, string>): Promise<ApiResult>;
  /** Posts a form. */
  post(path: string, form?: string, headers?: Record<string, string>): Promise<ApiResult>;
  json(path: string): Promise<unknown>;
  /** Sets keys and reloads; both must succeed. */
  configure(settings: Record<string, string | number>): Promise<void>;
  /** Publishes `live/NAME` with two seconds of crafted media, and stays. */
  publish(name: string, options?: ClientOptions): Promise<RtmpClient>;
  /** Plays `live/NAME`. */
  play(name: string, options?: ClientOptions): Promise<RtmpClient>;
  close(): Promise<void>;
}

export interface ClientOptions {
  /** Goes after the application in the tcUrl, such as `?user=u`. */
  readonly appQuery?: string;
  readonly app?: string;
}

export interface AmsGatewayOptions {
  readonly settings?: Record<string, string | number>;
  /** Keys that a flag fixes. */
  readonly fixed?: Settings;
  /** Where an earlier gateway had its home. */
  readonly home?: string;
}

export async function startAmsGateway(
  scope: Scope,
  { settings = {}, fixed = {}, home }: AmsGatewayOptions = {},
): Promise<AmsGateway> {
  const state = home ?? (await tempDir(scope));
  const folders = { state, media: join(state, 'media') };
  createFolders(folders);
  const allFixed: Settings = {
    rtmp_bind: '127.0.0.1',
    http_bind: '127.0.0.1',
    webrtc_bind: '127.0.0.1',
    ...fixed,
  };
  const by = new Map(Object.keys(allFixed).map((key) => [key as keyof Config, `--${key}`]));
  const store = openConfigStore(folders, { settings: allFixed, by }, async () => true);
  if (home === undefined) {
    // Port 0 asks the system for a free one. Nothing is recorded unless a test asks for it.
    const pairs = Object.entries({
      rtmp_port: 0,
      http_port: 0,
      webrtc_port: 0,
      enable_rtmp_record_manual: 1,
      ...settings,
    });
    const texts = pairs.map(([key, value]): [string, string] => [key, String(value)]);
    parseSettings(texts);
    await store.set(texts);
  }
  const { config } = await store.load();
  const log: string[] = [];
  const output = { write: (text: string) => void log.push(text), flush: () => {} };
  const reload = async () => (await gateway.reload((await store.load()).config)).applied;
  const gateway: Gateway = await startGateway({
    config,
    folders,
    log: startLogging(output, config).log,
    store,
    reload,
  });
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= gateway.close());
  scope.after(close);

  const http = `http://127.0.0.1:${gateway.ports.http}`;
  const call = async (path: string, init: RequestInit): Promise<ApiResult> => {
    const response = await fetch(http + path, { ...init, redirect: 'manual' });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };
  const client = async ({ app = 'live', appQuery = '' }: ClientOptions = {}) => {
    const tcUrl = `rtmp://127.0.0.1:${gateway.ports.rtmp}/${app}${appQuery}`;
    const properties = { app: `${app}${appQuery}`, tcUrl };
    const url = `rtmp://127.0.0.1:${gateway.ports.rtmp}/${app}/x`;
    const connection = await connect(url, { properties });
    scope.after(() => connection.close());
    return connection;
  };

  const post: AmsGateway['post'] = (path, form = '', headers = {}) =>
    call(path, {
      method: 'POST',
      body: form,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    });

  return {
    gateway,
    store,
    folders,
    log,
    get rtmp() {
      return `rtmp://127.0.0.1:${gateway.ports.rtmp}`;
    },
    http,
    get: (path, headers = {}) => call(path, { headers }),
    post,
    json: async (path) => {
      const response = await fetch(http + path, { headers: { accept: 'application/json' } });
      return response.json();
    },
    async configure(changes) {
      const pairs = Object.entries(changes).map(([key, value]): [string, string] => [
        key,
        String(value),
      ]);
      const form = new URLSearchParams(pairs);
      for (const [path, body] of [
        ['/cfg/set', form.toString()],
        ['/cfg/reload', ''],
      ] as const) {
        const { text } = await post(path, body);
        if (text !== 'result=OK') throw new Error(`${path}: ${text}`);
      }
    },
    async publish(name, options) {
      const connection = await client(options);
      await connection.publish(name);
      sendMedia(connection);
      const bare = name.split('?')[0]!;
      await until(() => (gateway.hub.find(bare)?.counters.videoFrames ?? 0) > 0);
      return connection;
    },
    async play(name, options) {
      const connection = await client(options);
      await connection.play(name);
      return connection;
    },
    close,
  };
}
