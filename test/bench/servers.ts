import { startNginxRtmp } from '../helpers/nginx-rtmp.ts';
import { startNodeMediaServer } from '../helpers/node-media-server.ts';
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

export const servers: readonly ServerUnderTest[] = [nginx, nodeMediaServer];
