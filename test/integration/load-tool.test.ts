/** The benchmark's load tool must notice whatever is wrong; otherwise its figures mean nothing. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { after, before, suite, test, type TestContext } from 'node:test';
import {
  buildLoadTool,
  hasOpenSsl,
  LoadProcess,
  streamPlan,
  type Finished,
  type LoadJob,
  type PlayerSnap,
} from '../bench/load-tool.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { openScope } from '../helpers/scope.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const skip = spawnSync('cc', ['--version']).status === 0 ? false : 'there is no C compiler (cc)';
const plan = streamPlan(1500);

/** A relay of TCP that passes each piece that the server sends through `change`. */
async function relay(t: TestContext, to: number, change: (piece: Buffer) => Buffer) {
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    client.on('data', (data: Buffer) => upstream.write(data));
    upstream.on('data', (data: Buffer) => client.write(change(data)));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  return (server.address() as AddressInfo).port;
}

interface Run {
  readonly job: Exclude<LoadJob, 'publish'>;
  /** What happens to what the server sends to players. */
  readonly change?: (piece: Buffer) => Buffer;
  /** What players take for the publishers' plan. */
  readonly playersPlan?: typeof plan;
  /** Messages that players believe were sent besides those that were. */
  readonly more?: number;
}

/** Two streams, four players, a second of measured time. */
async function play(
  t: TestContext,
  program: string,
  run: Run,
): Promise<{ finished: Finished; snap: PlayerSnap }> {
  const server = await startTestGateway(t);
  const { rtmp, http } = server.gateway.ports;
  const common = { streams: 2, plan, prefix: [] };
  const publishers = new LoadProcess(t, program, 'publish', {
    ...common,
    port: rtmp,
    connections: 2,
  });
  await publishers.ready(10_000);
  const direct = run.job === 'rtmp' ? rtmp : http;
  const players = new LoadProcess(t, program, run.job, {
    ...common,
    plan: run.playersPlan ?? plan,
    port: run.change ? await relay(t, direct, run.change) : direct,
    connections: 4,
  });
  await server.players(4);
  if (run.playersPlan === undefined) await players.ready(10_000);
  await players.mark();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const snap = await players.snap<PlayerSnap>();
  const { sent } = await publishers.stop();
  const finished = await players.finish(sent.map((count) => count + (run.more ?? 0)));
  await players.quit();
  await publishers.quit();
  return { finished, snap };
}

suite('load tool', { skip, concurrency: 3 }, () => {
  const scope = openScope();
  let program = '';
  before(async () => {
    program = await buildLoadTool(scope, await tempDir(scope));
  });
  after(() => scope.close());

  for (const job of ['rtmp', 'flv', 'ws', 'whep'] as const) {
    const without = job === 'whep' && !hasOpenSsl() && "OpenSSL's headers are not installed";
    void test(`${job}: what is whole is found whole`, { skip: without }, async (t) => {
      const { finished, snap } = await play(t, program, { job });
      assert.equal(finished.complete, 4, JSON.stringify(finished));
      assert.equal(finished.framesGot, finished.framesDue);
      // WHEP viewers watch without sound.
      assert.ok(
        snap.messages > 4 * (job === 'whep' ? 15 : 40),
        `${snap.messages} messages in a second`,
      );
      assert.ok(snap.delay.count > 0 && snap.delay.p50 > 0);
      assert.ok(snap.bytes > 4 * 100_000);
    });
  }

  void test('one changed byte in one message is found', async (t) => {
    let left = 1;
    const { finished } = await play(t, program, {
      job: 'rtmp',
      change(piece) {
        // The last byte of a picture: never of a header, nor of the first messages.
        if (piece.length < 5000 || piece.length > 7000 || left-- !== 1) return piece;
        const changed = Buffer.from(piece);
        changed[changed.length - 1]! ^= 1;
        return changed;
      },
    });
    assert.equal(finished.corrupt, 1);
    assert.equal(finished.complete, 3);
  });

  void test('messages of another size than planned are found', async (t) => {
    const other = { ...plan, delta: plan.delta + 1, audio: plan.audio + 1 };
    const { finished } = await play(t, program, { job: 'rtmp', playersPlan: other });
    assert.ok(finished.corrupt > 4, `${finished.corrupt} corrupt`);
    assert.equal(finished.complete, 0);
  });

  void test('a last message that does not come is missed', async (t) => {
    const { finished } = await play(t, program, { job: 'rtmp', more: 1 });
    assert.equal(finished.complete, 0);
    assert.equal(finished.framesDue - finished.framesGot, 8, 'one of each kind for each player');
  });
});
