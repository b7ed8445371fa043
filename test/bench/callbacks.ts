// What callbacks must withstand, measured against a gateway in a process of its own:
//
//     node test/bench/callbacks.ts [--players=1000] [--outage=60]
//
// Prints one line of JSON for each scenario. Times are ms, memory is MB of the gateway's process.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { StatSystem } from '../../shared/stat.ts';
import { connect, type RtmpClient } from '../../gateway/relay/rtmp-client.ts';
import { startRestartableReceiver } from '../helpers/restartable-receiver.ts';
import { sendFrame, sendMedia } from '../helpers/rtmp-media.ts';
import { openScope, type OpenScope } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

const { values } = parseArgs({
  options: {
    players: { type: 'string', default: '1000' },
    outage: { type: 'string', default: '60' },
  },
});
const players = Number(values.players);
const outage = Number(values.outage) * 1000;

const switches = ['rtmp_live_s', 'rtmp_live_e', 'rtmp_publish_e'].map(
  (name) => `--enable_${name}_notify=1`,
);

async function startChild(scope: OpenScope, url: string, flags = switches) {
  const program = fileURLToPath(new URL('gateway-child.ts', import.meta.url));
  const child = spawn(process.execPath, [program, `--rtmp_notify=${url}`, ...flags], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  scope.after(async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const ports = JSON.parse(line.toString()) as { rtmp: number; http: number };
  const memory = () => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
  };
  /** The gateway's own event-loop delay of the last seconds, 99th percentile. */
  const loop = async () => {
    const headers = { accept: 'application/json' };
    const response = await fetch(`http://127.0.0.1:${ports.http}/stat/sys`, { headers });
    return ((await response.json()) as StatSystem).loop_p99;
  };
  return { memory, loop, address: `rtmp://127.0.0.1:${ports.rtmp}/live/lesson` };
}

/** A publisher of 25 pictures a second, and a viewer that measures how late they come. */
async function startMedia(address: string) {
  const publisher = await connect(address);
  await publisher.publish();
  sendMedia(publisher);
  const viewer = await connect(address);
  const sent = new Map<number, number>();
  const delays: number[] = [];
  viewer.on('media', ({ type, timestamp, payload }) => {
    const at = type === 9 && payload[1] === 1 ? sent.get(timestamp) : undefined;
    if (at !== undefined) delays.push(performance.now() - at);
  });
  await viewer.play();
  let frame = 0;
  const timer = setInterval(() => {
    sent.set(10_000 + frame * 40, performance.now());
    sendFrame(publisher, 10_000 + frame * 40, frame++);
  }, 40);
  return {
    async stop() {
      clearInterval(timer);
      await until(() => delays.length === frame);
      await viewer.close();
      await publisher.close();
      const sorted = delays.toSorted((a, b) => a - b);
      const at = (part: number) =>
        Number((sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(1));
      return { frames: frame, received: delays.length, p50: at(0.5), p99: at(0.99) };
    },
  };
}

async function joinAll(address: string): Promise<{ in: RtmpClient[]; refused: number }> {
  const results = await Promise.allSettled(
    Array.from({ length: players }, async () => {
      const client = await connect(address, { timeoutMs: 30_000 });
      await client.play();
      return client;
    }),
  );
  const admitted = results.flatMap((result) =>
    result.status === 'fulfilled' ? [result.value] : [],
  );
  return { in: admitted, refused: players - admitted.length };
}

const print = (figures: object) => console.log(JSON.stringify(figures));

/** All join at once; the receiver takes `delay` ms for each answer. */
async function manyJoin(name: string, delay: number, flags = switches): Promise<void> {
  const scope = openScope();
  const receiver = await startRestartableReceiver(scope);
  const { memory, loop, address } = await startChild(scope, receiver.url, flags);
  const media = await startMedia(address);
  const before = memory();
  receiver.delay = delay;
  const began = performance.now();
  let peak = before;
  let loopP99 = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, memory());
    void loop().then((ms) => (loopP99 = Math.max(loopP99, ms)));
  }, 100);
  const joined = await joinAll(address);
  const ms = Math.round(performance.now() - began);
  clearInterval(watch);
  receiver.delay = 0;
  const asked = receiver.forms.filter(({ call }) => call === 'play').length;
  for (const client of joined.in) await client.close();
  const delays = await media.stop();
  const mb = { before, peak, after: memory() };
  const { connections } = receiver;
  print({
    name,
    players,
    in: joined.in.length,
    refused: joined.refused,
    ms,
    asked,
    connections,
    mb,
    loopP99,
    delays,
  });
  await scope.close();
}

/** The receiver is dead for a while, during which players come and go. */
async function receiverDies(): Promise<void> {
  const scope = openScope();
  const receiver = await startRestartableReceiver(scope);
  const { memory, loop, address } = await startChild(scope, receiver.url);
  const media = await startMedia(address);
  const before = memory();
  const joined = (await joinAll(address)).in;
  const starts = new Set(
    receiver.forms.filter(({ call }) => call === 'play').map(({ clientid }) => clientid),
  );
  await receiver.kill();
  const began = performance.now();
  const pause = outage / players;
  let refused = 0;
  for (const [index, client] of joined.entries()) {
    await client.close();
    if (index % 10 === 0) {
      const late = await connect(address);
      await late.play().catch(() => refused++);
      await late.close();
    }
    await until(() => performance.now() - began > pause * (index + 1), outage);
  }
  const during = memory();
  await receiver.revive();
  const back = performance.now();
  const ends = () => receiver.forms.filter(({ call }) => call === 'play_done');
  await until(() => new Set(ends().map(({ event_id }) => event_id)).size >= players, 60_000);
  const ms = Math.round(performance.now() - back);
  const delays = await media.stop();
  const ids = new Set(ends().map(({ event_id }) => event_id));
  const missing = [...starts].filter((id) => !ends().some(({ clientid }) => clientid === id));
  print({
    name: 'receiver dies',
    outageMs: Math.round(back - began),
    players,
    refusedMeanwhile: refused,
    ends: ids.size,
    repetitions: ends().length - ids.size,
    missing: missing.length,
    deliveredWithinMs: ms,
    mb: { before, during, after: memory() },
    loopP99: await loop(),
    delays,
  });
  await scope.close();
}

// What the joins alone cost, to compare with.
await manyJoin('nobody is asked', 0, []);
await manyJoin('answers in 50 ms', 50);
await manyJoin('never answers', Infinity);
await receiverDies();
