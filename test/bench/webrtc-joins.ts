// `node --expose-gc test/bench/webrtc-joins.ts [ROUNDS]`: 50 WebRTC viewers join a stream at once, play
// and leave, round after round (20: 1000 joins). Prints how soon they all played, and what they left
// behind in the gateway, which runs in this process: heap, descriptors, child processes.
import { readdirSync, readFileSync } from 'node:fs';
import { openScope } from '../helpers/scope.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';
import { startBenchGateway } from './bench-gateway.ts';
import { buildLoadTool, LoadProcess, streamPlan } from './load-tool.ts';

const VIEWERS = 50;
const rounds = Number(process.argv[2] ?? 20);

interface Footprint {
  readonly heapMB: number;
  readonly descriptors: number;
  readonly children: number;
}

/** What this process holds; children are those that the kernel knows of. */
function footprint(): Footprint {
  if (globalThis.gc === undefined) throw new Error('run it with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  const tasks = readdirSync('/proc/self/task');
  const children = tasks.flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );
  return {
    heapMB: process.memoryUsage().heapUsed / 1e6,
    descriptors: readdirSync('/proc/self/fd').length,
    children: children.length,
  };
}

const show = ({ heapMB, descriptors, children }: Footprint): string =>
  `heap ${heapMB.toFixed(2)} MB, ${descriptors} descriptors, ${children} children`;

const scope = openScope();
try {
  const gateway = await startBenchGateway(['--enable_rtmp_record_manual=1']);
  const program = await buildLoadTool(scope, await tempDir(scope));
  const common = { streams: 1, plan: streamPlan(200), prefix: [] };
  const { rtmp, http } = gateway.ports;
  const publisher = new LoadProcess(scope, program, 'publish', {
    ...common,
    ...{ port: rtmp, connections: 1, prompt: true },
  });
  await publisher.ready(10_000);

  const slowest: number[] = [];
  let incomplete = 0;
  const round = async (): Promise<void> => {
    const players = new LoadProcess(scope, program, 'whep', {
      ...common,
      ...{ port: http, connections: VIEWERS },
    });
    await players.ready(20_000);
    await players.mark();
    const { firstKey, corrupt, deltaFirst } = await players.finish([1, 1]);
    slowest.push(firstKey.max);
    if (firstKey.count < VIEWERS || corrupt + deltaFirst > 0) incomplete++;
    await players.quit();
    await until(() => gateway.registry.list(({ details }) => details.kind === 'play').length === 0);
  };
  // What is compiled and cached once does not count.
  for (let warm = 0; warm < 3; warm++) await round();
  slowest.length = 0;
  const before = footprint();
  console.log(`before: ${show(before)}`);
  for (let done = 1; done <= rounds; done++) {
    await round();
    if (done % 5 === 0) console.log(`after ${done * VIEWERS} joins: ${show(footprint())}`);
  }
  slowest.sort((a, b) => a - b);
  console.log(
    `first key frame of the last of ${VIEWERS}: median ${slowest[rounds >> 1]} ms, ` +
      `worst ${slowest.at(-1)} ms after its offer; rounds with a flaw: ${incomplete}`,
  );
  await publisher.quit();
  await gateway.close();
} finally {
  await scope.close();
}
