import { join } from 'node:path';
import { nodeEnvironment, nodeFlags } from '../../tools/runtime.mjs';
import { startNginxRtmp } from '../helpers/nginx-rtmp.ts';
import { startNodeMediaServer } from '../helpers/node-media-server.ts';
import { start } from '../helpers/processes.ts';
import type { Scope } from '../helpers/scope.ts';
import { hasOpenSsl } from './load-tool.ts';
import type { Work } from './works.ts';

export const OWN_NAME = 'gateway';

export interface RunningServer {
  readonly pid: number;
  readonly rtmpPort: number;
  /** Serves `/live/NAME.flv` over HTTP and WebSocket, or HLS; undefined where the server cannot. */
  readonly httpPort?: number | undefined;
  /** The playlist of the stream `NAME`, where it is not `/NAME/index.m3u8`. */
  readonly playlist?: string;
}

export interface ServerUnderTest {
  readonly name: string;
  readonly outputs: readonly Work['output'][];
  /** Works that this one takes part in; all where its outputs fit, when undefined. */
  readonly only?: (work: Work) => boolean;
  start(scope: Scope, prefix: readonly string[], work: Work): Promise<RunningServer>;
}

const nginx: ServerUnderTest = {
  name: 'nginx-rtmp',
  outputs: ['rtmp', 'hls'],
  async start(scope, prefix, { output }) {
    const { child, port, httpPort } = await startNginxRtmp(scope, {
      prefix,
      hls: output === 'hls',
    });
    return { pid: child.pid, rtmpPort: port, httpPort, playlist: '/hls/NAME.m3u8' };
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

/** Runs a script of this folder that prints its ports. */
async function startScript(
  scope: Scope,
  prefix: readonly string[],
  script: string,
  args: readonly string[],
): Promise<RunningServer> {
  const path = join(import.meta.dirname, script);
  const node = [process.execPath, ...nodeFlags, path, ...args, NO_RECORDING];
  const [command = '', ...rest] = [...prefix, ...node];
  const child = start(scope, command, rest, { env: nodeEnvironment() });
  const [line] = await child.match(/^\{.*\}$/m);
  const ports = JSON.parse(line) as { rtmp: number; http: number };
  return { pid: child.pid, rtmpPort: ports.rtmp, httpPort: ports.http };
}

/** The gateway with some configuration keys changed. */
const gateway = (
  name: string,
  keys: readonly string[],
  only?: ServerUnderTest['only'],
): ServerUnderTest => ({
  name,
  outputs: hasOpenSsl() ? ['rtmp', 'flv', 'ws', 'hls', 'whep'] : ['rtmp', 'flv', 'ws', 'hls'],
  only,
  start: (scope, prefix) => startScript(scope, prefix, 'gateway-child.ts', keys),
});

/** Where the npm package node-datachannel lies, which is no dependency of this one. */
const dataChannel = process.env['NODE_DATACHANNEL'];

/** WebRTC by libdatachannel in Node.js, which does not read feedback. */
const nodeDataChannel: ServerUnderTest = {
  name: 'node-datachannel',
  outputs: dataChannel === undefined || !hasOpenSsl() ? [] : ['whep'],
  only: ({ mute }) => mute === true,
  start: (scope, prefix) =>
    startScript(scope, prefix, 'node-datachannel-child.ts', [dataChannel ?? '']),
};

export const servers: readonly ServerUnderTest[] = [
  gateway(OWN_NAME, []),
  // SRS gathers for this long by default: what that habit would save.
  gateway(`${OWN_NAME} 350 ms`, ['--merge_write_ms=350'], ({ name }) => name === '1 → 1000 RTMP'),
  nginx,
  nodeMediaServer,
  nodeDataChannel,
];
