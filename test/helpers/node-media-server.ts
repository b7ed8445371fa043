import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { accepting, freePort } from './free-port.ts';
import { start, type Child } from './processes.ts';
import type { Scope } from './scope.ts';
import { tempDir } from './temp-dir.ts';

export interface NodeMediaServer {
  readonly rtmpPort: number;
  readonly httpPort: number;
  /** `rtmp://127.0.0.1:PORT/live`: append `/NAME`. */
  readonly url: string;
  readonly child: Child;
}

export interface Relay {
  /** `push` sends what is published under `/live/NAME` there; `pull` fetches it from there. */
  readonly mode: 'push' | 'pull';
  readonly name: string;
  /** The other end's full address, `rtmp://…/live/NAME`. */
  readonly url: string;
}

export interface NodeMediaServerOptions {
  readonly relays?: readonly Relay[];
  /** Program and arguments put before node, such as `taskset -c 0`. */
  readonly prefix?: readonly string[];
}

const entry = createRequire(import.meta.url).resolve('node-media-server');
const bin = join(dirname(entry), '..', 'bin', 'app.js');

/**
 * Starts the npm package node-media-server as its own command does, in a process of its own: there
 * is one global instance a process, and bad input ends it.
 */
export async function startNodeMediaServer(
  scope: Scope,
  options: NodeMediaServerOptions = {},
): Promise<NodeMediaServer> {
  const dir = await tempDir(scope);
  const [rtmpPort, httpPort] = [await freePort(), await freePort()];
  const config = {
    bind: '127.0.0.1',
    notify: { url: '' },
    store: { path: join(dir, 'data') },
    auth: { play: false, publish: false, secret: '', jwt: { secret: 'bench', users: [] } },
    rtmp: { port: rtmpPort },
    http: { port: httpPort },
    webadmin: { enable: false },
    record: { auto: false, path: join(dir, 'record') },
  };
  const file = join(dir, 'config.json');
  await writeFile(file, JSON.stringify(config));
  const relays = (options.relays ?? []).map(({ mode, name, url }) => ({
    mode,
    url,
    streamPath: `/live/${name}`,
    reconnectInterval: 200,
  }));
  const program =
    relays.length === 0
      ? [bin, '-c', file]
      : [
          join(import.meta.dirname, 'node-media-server-child.mjs'),
          JSON.stringify(config),
          JSON.stringify(relays),
        ];
  const [command = '', ...args] = [...(options.prefix ?? []), process.execPath, ...program];
  const child = start(scope, command, args, { cwd: dir });
  await accepting(child, rtmpPort);
  await accepting(child, httpPort);
  return { rtmpPort, httpPort, url: `rtmp://127.0.0.1:${rtmpPort}/live`, child };
}
