import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite, test, type TestContext } from 'node:test';
import { createCallbacks } from '../../gateway/ams/callbacks/callbacks.ts';
import { connect } from '../../gateway/relay/rtmp-client.ts';
import { RtmpClientError } from '../../gateway/relay/rtmp-client-error.ts';
import type { RtmpClient } from '../../gateway/relay/rtmp-client.ts';
import { startAmsGateway, type AmsGateway } from '../helpers/ams-gateway.ts';
import { startRestartableReceiver } from '../helpers/restartable-receiver.ts';
import { sendFrame } from '../helpers/rtmp-media.ts';
import { configWith, rememberingLog, sessionWith } from '../helpers/ams-fixtures.ts';
import { accepting, freePort } from '../helpers/free-port.ts';
import { start as startProcess } from '../helpers/processes.ts';
import { openScope } from '../helpers/scope.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const main = fileURLToPath(new URL('../../gateway/main.ts', import.meta.url));

/** Players of the load tests; 1000 when measured by hand. */
const players = Number(process.env['AMS_TEST_PLAYERS'] ?? 150);

const liveCallbacks = {
  enable_rtmp_live_s_notify: 1,
  enable_rtmp_live_e_notify: 1,
  enable_rtmp_publish_e_notify: 1,
};

async function start(t: TestContext, settings: Record<string, string | number> = {}) {
  const last = openScope();
  const receiver = await startRestartableReceiver(last);
  const ams = await startAmsGateway(t, {
    settings: { rtmp_notify: receiver.url, ...liveCallbacks, ...settings },
  });
  t.after(() => last.close());
  return { ams, receiver };
}

/** Publishes a picture every 40 ms until it is stopped; the numbers of the frames sent. */
function keepPublishing(publisher: RtmpClient): { stop(): number } {
  let frame = 0;
  const timer = setInterval(() => sendFrame(publisher, 10_000 + frame * 40, frame++), 40);
  return {
    stop: () => {
      clearInterval(timer);
      return frame;
    },
  };
}

/** The time stamps of the pictures that a player receives. */
function pictures(player: RtmpClient): number[] {
  const seen: number[] = [];
  player.on('media', ({ type, timestamp, payload }) => {
    if (type === 9 && payload[1] === 1 && timestamp >= 10_000) seen.push(timestamp);
  });
  return seen;
}

const assertNoGap = (timestamps: readonly number[]) => {
  for (const [index, timestamp] of timestamps.entries()) {
    assert.equal(timestamp, timestamps[0]! + index * 40, `picture ${index}`);
  }
};

const join1000 = (ams: AmsGateway, count: number) =>
  Promise.allSettled(Array.from({ length: count }, () => ams.play('lesson')));

suite('issue: what callbacks must withstand', () => {
  test(`${players} players at once and a receiver that takes 50 ms: all start, one callback each`, async (t) => {
    const { ams, receiver } = await start(t);
    const publisher = await ams.publish('lesson');
    const watcher = await ams.play('lesson');
    const seen = pictures(watcher);
    const media = keepPublishing(publisher);
    await until(() => seen.length > 5);
    receiver.delay = 50;
    const results = await join1000(ams, players);
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, players);
    const starts = receiver.forms.filter(({ call }) => call === 'play');
    assert.equal(starts.length, players + 1);
    assert.equal(new Set(starts.map(({ clientid }) => clientid)).size, players + 1);
    const count = media.stop();
    await until(() => seen.at(-1) === 10_000 + (count - 1) * 40);
    assertNoGap(seen);
    assert.ok(receiver.connections < players + 40, 'connections are kept and reused');
  });

  test(`${players} players at once and a receiver that never answers: all refused, media goes on`, async (t) => {
    const { ams, receiver } = await start(t, { notify_timeout: 1 });
    const publisher = await ams.publish('lesson');
    const watcher = await ams.play('lesson');
    const seen = pictures(watcher);
    const media = keepPublishing(publisher);
    receiver.delay = Infinity;
    const results = await join1000(ams, players);
    for (const result of results) {
      assert.ok(result.status === 'rejected');
      assert.ok(result.reason instanceof RtmpClientError);
      assert.equal(result.reason.status, 'NetStream.Play.Failed');
    }
    const count = media.stop();
    await until(() => seen.at(-1) === 10_000 + (count - 1) * 40);
    assertNoGap(seen);
    await until(() => ams.gateway.registry.list().length === 2);
    receiver.delay = 0;
  });

  test('a receiver that is down during joins and leaves: every end arrives, in order per client', async (t) => {
    const { ams, receiver } = await start(t, { enable_rtmp_live_s_notify: 0 });
    await ams.publish('lesson');
    const rounds = 4;
    const clients = 8;
    const connections = await Promise.all(
      Array.from({ length: clients }, async () => {
        const client = await connect(`${ams.rtmp}/live/lesson`);
        t.after(() => client.close());
        return client;
      }),
    );
    // Each connection plays and stops several times: several ends of one client.
    for (let round = 0; round < rounds; round++) {
      if (round === 1) await receiver.kill();
      for (const client of connections) {
        const stream = await client.play(`lesson?round=${round}`);
        client.tell(stream, 'closeStream');
      }
      await until(() => ams.gateway.registry.list().length === 1);
    }
    await receiver.revive();
    const ends = () => receiver.forms.filter(({ call }) => call === 'play_done');
    await until(
      () => new Set(ends().map(({ event_id }) => event_id)).size === rounds * clients,
      20_000,
    );
    const byClient = Map.groupBy(ends(), ({ clientid }) => clientid);
    assert.equal(byClient.size, clients);
    for (const forms of byClient.values()) {
      const once = [...new Map(forms.map((form) => [form['event_id'], form['round']])).values()];
      assert.deepEqual(once, ['0', '1', '2', '3']);
    }
  });

  test('what cannot be delivered is kept over a restart, and sent then', async (t) => {
    const { ams, receiver } = await start(t, { enable_rtmp_live_s_notify: 0 });
    await ams.publish('lesson');
    for (let count = 0; count < 5; count++) await ams.play(`lesson?n=${count}`);
    await receiver.kill();
    await ams.close();
    const kept = await readdir(join(ams.folders.state, 'callbacks', 'rtmp'));
    assert.equal(kept.length, 1);

    await receiver.revive();
    const again = await startAmsGateway(t, { home: ams.folders.state });
    await until(() => receiver.forms.length === 6);
    const calls = receiver.forms.map(({ call, n }) => `${call} ${n ?? ''}`.trim()).sort();
    assert.deepEqual(calls, [
      'play_done 0',
      'play_done 1',
      'play_done 2',
      'play_done 3',
      'play_done 4',
      'publish_done',
    ]);
    await again.close();
    assert.deepEqual(await readdir(join(ams.folders.state, 'callbacks', 'rtmp')), []);
    assert.equal(receiver.forms.length, 6);
  });

  test('a process that is killed: the next one tells the ends of its clients', async (t) => {
    const last = openScope();
    t.after(() => last.close());
    const receiver = await startRestartableReceiver(last);
    const home = await tempDir(last);
    const port = await freePort();
    const run = async () => {
      const child = startProcess(last, process.execPath, [
        main,
        'run',
        `--home=${home}`,
        `--rtmp_port=${port}`,
        `--http_port=${await freePort()}`,
        `--rtmp_notify=${receiver.url}`,
        ...['rtmp_bind', 'http_bind', 'webrtc_bind'].map((key) => `--${key}=127.0.0.1`),
        '--webrtc_port=0',
        '--enable_rtmp_record_manual=1',
        ...Object.keys(liveCallbacks).map((key) => `--${key}=1`),
      ]);
      await accepting(child, port);
      return child;
    };
    const first = await run();
    const publisher = await connect(`rtmp://127.0.0.1:${port}/live/lesson?user=teacher`);
    await publisher.publish();
    const player = await connect(`rtmp://127.0.0.1:${port}/live/lesson?user=pupil`);
    await player.play();
    const gone = await connect(`rtmp://127.0.0.1:${port}/live/lesson?user=gone`);
    await gone.play();
    await gone.close();
    await until(() => receiver.forms.some(({ call }) => call === 'play_done'));
    // Writes are gathered, not waited for: the ledger's are there once its files have all four lines,
    // and the end that was told is not told again once that is written down too.
    const linesOf = async (folder: string): Promise<string[]> => {
      const path = join(home, 'callbacks', folder);
      const names = (await readdir(path)).filter((name) => name.endsWith('.jsonl'));
      const texts = await Promise.all(names.map((name) => readFile(join(path, name), 'utf8')));
      return texts.join('').trimEnd().split('\n');
    };
    await until(async () => (await linesOf('rtmp-open')).length === 4);
    await until(async () => (await linesOf('rtmp')).some((line) => line.startsWith('{"done"')));
    await first.stop('SIGKILL');

    await run();
    await until(() => receiver.forms.filter(({ call }) => call?.endsWith('_done')).length === 3);
    const ends = receiver.forms.filter(({ call }) => call?.endsWith('_done'));
    assert.deepEqual(ends.map(({ call, user }) => `${call} ${user}`).sort(), [
      'play_done gone',
      'play_done pupil',
      'publish_done teacher',
    ]);
    const started = receiver.forms.find(({ call, user }) => call === 'play' && user === 'pupil');
    const ended = ends.find(({ user }) => user === 'pupil');
    assert.equal(ended?.['clientid'], started?.['clientid']);
  });

  test('updates do not pile up while the receiver is down', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    let now = 1_000_000;
    const rtmp_notify = `http://127.0.0.1:${await freePort()}/`;
    const config = configWith({ rtmp_notify, enable_rtmp_update_notify: true });
    const callbacks = await createCallbacks({
      config: () => config,
      folder: await tempDir(t),
      log: rememberingLog(),
      now: () => now,
    });
    t.after(() => callbacks.close(0));
    callbacks.events.started?.(sessionWith({ kind: 'publish' }, now));
    for (let minute = 0; minute < 10; minute++) {
      now += 60_000;
      t.mock.timers.tick(1000);
    }
    assert.equal(callbacks.figures().waiting.rtmp, 1);
  });
});
