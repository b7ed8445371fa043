import { join } from 'node:path';
import { nodeEnvironment, nodeFlags } from '../../tools/runtime.mjs';
import { startNginxRtmp } from '../helpers/nginx-rtmp.ts';
import { startNodeMediaServer } from '../helpers/node-media-server.ts';
import { start } from '../helpers/processes.ts';
import type { Scope } from '../helpers/scope.ts';
import type { Work } from './works.ts';

export const OWN_NAME = 'gateway';

export interface RunningServer {
  readonly pid: number;
  readonly rtmpPort: number;
  /** Serves `/live/NAME.flv` over HTTP and WebSocket; undefined where the server cannot. */
  readonly httpPort?: number;
}

export interface ServerUnderTest {
  readonly name: string;
  readonly outputs: readonly ('rtmp' | 'flv' | 'ws')[];
  /** Works that this one takes part in; all where its outputs fit, when undefined. */
  readonly only?: (work: Work) => boolean;
  start(scope: Scope, prefix: readonly string[]): Promise<RunningServer>;
}

const nginx: ServerUnderTest = {
  name: 'nginx-rtmp',
  outputs: ['rtmp'],
  async start(scope, prefix) {
    const { child, port } = await startNginxRtmp(scope, { prefix });
    return { pid: child.pid, rtmpPort: port };
  },
};

const nodeMediaServer: ServerUnderTest = {
  name: 'node-media-server',
  outputs: ['rtmp', 'flv', 'ws'],
  async start(scope, prefix) {
    const { child, rtmpPort, httpPort } = await startNodeMediaServer(scope, { prefix });
    return { pid: child.pid, rtmpPort, httpPort };
  },
};

/** By default every published stream is recorded, which the peers do not do. */
const NO_RECORDING = '--enable_rtmp_record_manual=1';

/** The gateway with some configuration keys changed. */
function gateway(name: string, keys: readonly string[], only?: ServerUnderTest['only']) {
  const server: ServerUnderTest = {
    name,
    outputs: ['rtmp', 'flv', 'ws'],
    only,
    async start(scope, prefix) {
      const script = join(import.meta.dirname, 'gateway-child.ts');
      const node = [process.execPath, ...nodeFlags, script, NO_RECORDING, ...keys];
      const [command = '', ...args] = [...prefix, ...node];
      const child = start(scope, command, args, { env: nodeEnvironment() });
      const [line] = await child.match(/^\{.*\}$/m);
      const ports = JSON.parse(line) as { rtmp: number; http: number };
      return { pid: child.pid, rtmpPort: ports.rtmp, httpPort: ports.http };
    },
  };
  return server;
}

export const servers: readonly ServerUnderTest[] = [
  gateway(OWN_NAME, []),
  // SRS gathers for this long by default: what that habit would save.
  gateway(`${OWN_NAME} 350 ms`, ['--merge_write_ms=350'], ({ name }) => name === '1 → 1000 RTMP'),
  nginx,
  nodeMediaServer,
];
