import { setTimeout as delay } from 'node:timers/promises';
import { openScope } from '../helpers/scope.ts';
import {
  LoadProcess,
  planBytesPerSecond,
  streamPlan,
  type Finished,
  type PlayerSnap,
  type PublisherSnap,
  type Quantiles,
} from './load-tool.ts';
import { cpuSeconds, memory } from './process-usage.ts';
import type { ServerUnderTest } from './servers.ts';
import type { Work } from './works.ts';

/** How a measurement is taken on this machine. */
export interface Bench {
  readonly program: string;
  /** Program and arguments that put a command on the server's cores and on the load's. */
  readonly serverPrefix: readonly string[];
  readonly loadPrefix: readonly string[];
  readonly seconds: number;
}

/** One server, one work, one round. */
export interface Measurement {
  readonly server: string;
  readonly work: string;
  /** Server CPU in % of one core: CPU seconds for each second of work, times 100. */
  readonly cpu: number;
  /** Server CPU seconds for each GB (10^9 bytes) delivered; of publishers alone, taken in. */
  readonly cpuPerGB: number;
  /** Server CPU for each datagram that WHEP viewers received, µs. */
  readonly cpuPerPacket?: number;
  readonly rss: number;
  readonly pss: number;
  /** Video frames of all players, publisher's write to arrival, ms. */
  readonly delay?: Quantiles;
  /** Opening of the connection to the first key frame, ms. */
  readonly firstKey?: Quantiles;
  readonly bytes: number;
  readonly framesDue: number;
  readonly framesGot: number;
  readonly players: number;
  readonly playersComplete: number;
  /** CPU of the load tool in % of its core, and how late publishers wrote (p99, ms). */
  readonly loadCpu: number;
  readonly lateness: number;
  /** Why the figures are not to be trusted; empty when they are. */
  readonly flaws: readonly string[];
}

/** After publishers without players, this many join to see that everything was really taken in. */
const WITNESSES = 8;
/** Servers that compile while they run come to their pace within this, seconds; lessons last longer. */
const WARM_UP = 10;
/** Above this share of its core the tool could be what limits. */
const LOAD_CPU_LIMIT = 85;
const LATENESS_LIMIT_MS = 20;

function judge(finished: Finished): string[] {
  const flaws: string[] = [];
  const say = (count: number, what: string) => {
    if (count > 0) flaws.push(`${count} ${what}`);
  };
  say(finished.players - finished.complete, `of ${finished.players} players incomplete`);
  say(finished.framesDue - finished.framesGot, 'frames not received');
  say(finished.closed, `players closed (${finished.problem})`);
  say(finished.missing, 'frames missing in between');
  say(finished.repeated, 'frames repeated or out of order');
  say(finished.corrupt, 'frames corrupt');
  say(finished.mistimed, 'frames with a wrong time stamp');
  say(finished.misplaced, 'frames of another stream');
  say(finished.deltaFirst, 'players without a key frame first');
  say(finished.misaligned, 'players with audio and video apart');
  return flaws;
}

/** Starts the server afresh, lets it do the work, measures, and ends it. */
export async function measure(
  bench: Bench,
  server: ServerUnderTest,
  work: Work,
): Promise<Measurement> {
  const scope = openScope();
  try {
    const running = await server.start(scope, bench.serverPrefix, work);
    const plan = streamPlan(work.kbps);
    const port = work.output === 'rtmp' ? running.rtmpPort : running.httpPort;
    if (port === undefined) throw new Error(`${server.name} does not serve ${work.output}`);

    const publishers = new LoadProcess(scope, bench.program, 'publish', {
      port: running.rtmpPort,
      connections: work.publishers,
      streams: work.publishers,
      plan,
      prompt: true,
      prefix: bench.loadPrefix,
    });
    const published = await publishers.ready(30_000);
    const flaws: string[] = [];
    if (published.closed > 0) flaws.push(`${published.closed} publishers refused`);

    const open = (connections: number) =>
      new LoadProcess(scope, bench.program, work.output, {
        port,
        connections,
        streams: work.publishers,
        plan,
        feedback: work.mute !== true,
        path: (running.playlist ?? '/NAME/index.m3u8').replace('NAME', 'bench0'),
        prefix: bench.loadPrefix,
      });
    let players = work.players > 0 ? open(work.players) : undefined;
    await players?.ready(60_000);
    await delay(Math.min(WARM_UP, bench.seconds) * 1000);

    await players?.mark();
    await publishers.mark();
    const cpuBefore = cpuSeconds(running.pid);
    const began = performance.now();
    await delay(bench.seconds * 1000);
    const seconds = (performance.now() - began) / 1000;
    const cpu = cpuSeconds(running.pid) - cpuBefore;
    const publisherSnap = await publishers.snap<PublisherSnap>();
    const playerSnap = await players?.snap<PlayerSnap>();
    const { rss, pss } = memory(running.pid);

    if (players === undefined) {
      players = open(Math.min(WITNESSES, work.publishers));
      await players.ready(20_000);
      await players.mark();
      await delay(1000);
    }
    const stopped = await publishers.stop();
    if (stopped.running < work.publishers) {
      flaws.push(`${work.publishers - stopped.running} publishers cut off (${stopped.problem})`);
    }
    if (stopped.stalled > 0) flaws.push(`${stopped.stalled} publishers held up`);
    const finished = await players.finish(stopped.sent);
    flaws.push(...judge(finished));
    await players.quit();
    await publishers.quit();

    const loadCpu = ((publisherSnap.cpu + (playerSnap?.cpu ?? 0)) / seconds) * 100;
    if (loadCpu > LOAD_CPU_LIMIT)
      flaws.push(`the load tool used ${loadCpu.toFixed(0)} % of its core`);
    if (publisherSnap.lateness.p99 > LATENESS_LIMIT_MS) {
      flaws.push(`publishers wrote ${publisherSnap.lateness.p99.toFixed(0)} ms late (p99)`);
    }
    const bytes =
      playerSnap?.bytes ?? Math.round(planBytesPerSecond(plan) * work.publishers * seconds);
    return {
      server: server.name,
      work: work.name,
      cpu: (cpu / seconds) * 100,
      cpuPerGB: cpu / (bytes / 1e9),
      cpuPerPacket:
        work.output === 'whep' && playerSnap ? (cpu * 1e6) / playerSnap.packets : undefined,
      rss,
      pss,
      delay: playerSnap?.delay,
      firstKey: work.players > 0 ? finished.firstKey : undefined,
      bytes,
      framesDue: finished.framesDue,
      framesGot: finished.framesGot,
      players: finished.players,
      playersComplete: finished.complete,
      loadCpu,
      lateness: publisherSnap.lateness.p99,
      flaws,
    };
  } finally {
    await scope.close();
  }
}
