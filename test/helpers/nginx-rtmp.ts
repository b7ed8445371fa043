import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accepting, freePort } from './free-port.ts';
import { start, type Child } from './processes.ts';
import type { Scope } from './scope.ts';
import { tempDir } from './temp-dir.ts';

/** Where Debian's libnginx-mod-rtmp and the usual builds put the module. */
const MODULES = [
  '/usr/lib/nginx/modules/ngx_rtmp_module.so',
  '/usr/lib64/nginx/modules/ngx_rtmp_module.so',
  '/usr/share/nginx/modules/ngx_rtmp_module.so',
];

export interface NginxRtmp {
  readonly port: number;
  /** `rtmp://127.0.0.1:PORT/live`: append `/NAME`. */
  readonly url: string;
  /** Serves `/hls/NAME.m3u8`; with `hls` only. */
  readonly httpPort: number | undefined;
  readonly child: Child;
}

export interface NginxRtmpOptions {
  /** RTMP addresses (`rtmp://host:port/app`) that every published stream is pushed to. */
  readonly push?: readonly string[];
  /** RTMP addresses that a stream is pulled from when someone plays it. */
  readonly pull?: readonly string[];
  /** Makes HLS of what is published, in segments of 2 s, and serves it. */
  readonly hls?: boolean;
  /** Program and arguments put before nginx, such as `taskset -c 0`. */
  readonly prefix?: readonly string[];
}

/** The module's file, or undefined where nginx-rtmp is not installed. */
export function nginxRtmpModule(): string | undefined {
  return MODULES.find((file) => existsSync(file));
}

/**
 * Starts nginx with the RTMP module: one worker, chunk size 4096, no access log, an application
 * `live` whose players begin at a key frame. Everything else is the module's default.
 */
export async function startNginxRtmp(
  scope: Scope,
  options: NginxRtmpOptions = {},
): Promise<NginxRtmp> {
  const module = nginxRtmpModule();
  if (module === undefined) throw new Error('nginx-rtmp is not installed (libnginx-mod-rtmp)');
  const dir = await tempDir(scope);
  await mkdir(join(dir, 'logs'));
  const port = await freePort();
  const relays = [
    ...(options.push ?? []).map((url) => `push ${url};`),
    ...(options.pull ?? []).map((url) => `pull ${url};`),
  ];
  const httpPort = options.hls ? await freePort() : undefined;
  const hls = httpPort === undefined ? '' : `hls on; hls_path ${dir}/hls; hls_fragment 2s;`;
  const http =
    httpPort === undefined
      ? ''
      : `http { access_log off; server { listen 127.0.0.1:${httpPort}; location /hls { root ${dir}; } } }`;
  const config = `
load_module ${module};
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
master_process off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid ${dir}/nginx.pid;
lock_file ${dir}/nginx.lock;
error_log stderr warn;
events { worker_connections 8192; }
rtmp {
  access_log off;
  server {
    listen 127.0.0.1:${port};
    chunk_size 4096;
    application live {
      live on;
      wait_key on;
      wait_video on;
      ${hls}
      ${relays.join('\n      ')}
    }
  }
}
${http}
`;
  const file = join(dir, 'nginx.conf');
  await writeFile(file, config);
  const [command = 'nginx', ...args] = [...(options.prefix ?? []), 'nginx'];
  const child = start(scope, command, [...args, '-p', dir, '-e', 'stderr', '-c', file]);
  await accepting(child, port);
  return { port, url: `rtmp://127.0.0.1:${port}/live`, httpPort, child };
}
