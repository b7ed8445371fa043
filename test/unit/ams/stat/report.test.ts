import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { watchEncoders } from '../../../../gateway/ams/stat/encoder-watch.ts';
import type { ReportSources } from '../../../../gateway/ams/stat/report.ts';
import { statReport } from '../../../../gateway/ams/stat/report.ts';
import { statSystem, systemXml } from '../../../../gateway/ams/stat/system.ts';
import { Traffic } from '../../../../gateway/ams/stat/traffic.ts';
import { createMask } from '../../../../gateway/ops/mask.ts';
import { SessionRegistry } from '../../../../gateway/sessions/registry.ts';
import type { SessionDetails } from '../../../../gateway/sessions/session.ts';
import { detailsWith } from '../../../helpers/ams-fixtures.ts';
import { fakeHub, fakeStream } from '../../../helpers/fake-streams.ts';

function sources(streams = [fakeStream('lesson')]) {
  let clock = 0;
  let now = 1_000_000;
  const registry = new SessionRegistry({ maxStreams: 5, maxClients: 6 }, () => now);
  const hub = fakeHub(streams);
  const traffic = new Traffic(
    registry,
    () => hub.streams,
    () => clock,
  );
  registry.listen(traffic.events);
  const all: ReportSources = {
    sessions: registry,
    hub,
    traffic,
    encoders: watchEncoders(hub),
    mask: () => createMask(['token']),
    now: () => now,
  };
  return {
    all,
    registry,
    hub,
    open: async (details: Partial<SessionDetails>) =>
      (await registry.open(detailsWith(details), () => {})).session,
    pass: (ms: number) => {
      clock += ms;
      now += ms;
      traffic.sample();
    },
  };
}

suite('stat report', () => {
  test('publishers come first, then players in the order of their coming', async () => {
    const { all, open } = sources();
    await open({ clientId: 1 });
    await open({ clientId: 2, kind: 'publish' });
    await open({ clientId: 3, protocol: 'hls' });
    const [stream] = statReport('live', all).live!;
    assert.deepEqual(
      stream?.clients?.map(({ id }) => id),
      [2, 1, 3],
    );
    assert.deepEqual(stream.viewers, { rtmp: 1, hls: 1 });
  });

  test('streams by name, those that only viewers have asked for too', async () => {
    const { all, open } = sources([fakeStream('b'), fakeStream('a')]);
    await open({ name: 'c' });
    const { live } = statReport('channel', all);
    assert.deepEqual(
      live?.map(({ name, publishing }) => [name, publishing]),
      [
        ['a', true],
        ['b', true],
        ['c', false],
      ],
    );
    assert.equal(live[2]?.viewers.rtmp, 1);
  });

  test('what a viewer was sent still counts when it has left', async () => {
    const { all, open, pass } = sources();
    const [one, two] = [await open({ clientId: 1 }), await open({ clientId: 2 })];
    one.bytes = 1000;
    two.bytes = 500;
    pass(1000);
    one.end({ code: 'client_left', message: 'It left.' });
    const [stream] = statReport('live', all).live!;
    assert.equal(stream?.bytes_out, 1500);
    pass(1000);
    assert.equal(statReport('live', all).live?.[0]?.bytes_out, 1500);
  });

  test('rates look back on the last seconds only', () => {
    const stream = fakeStream('lesson');
    const { all, pass } = sources([stream]);
    for (let second = 0; second < 20; second++) {
      stream.counters.videoBytes += 10_000;
      stream.counters.audioBytes += 1000;
      stream.counters.videoFrames += 25;
      pass(1000);
    }
    const before = statReport('live', all).live?.[0];
    assert.equal(before?.bw_video, 80_000);
    assert.equal(before.bw_audio, 8000);
    assert.equal(before.bw_in, 88_000);
    assert.equal(before.video?.frameRate, 25);
    assert.equal(before.active, true);
    for (let second = 0; second < 10; second++) pass(1000);
    const after = statReport('live', all).live?.[0];
    assert.equal(after?.bw_in, 0);
    assert.equal(after.active, false);
    assert.equal(after.publishing, true);
    assert.equal(after.bytes_in, 220_000);
  });

  test('a client that is still asked about is there, not active', async () => {
    const { all, registry } = sources();
    let answer = () => {};
    registry.addCheck(
      () => new Promise((resolve) => (answer = () => resolve({ admitted: true, grant: {} }))),
    );
    const opening = registry.open(detailsWith(), () => {});
    assert.equal(statReport('live', all).live?.[0]?.clients?.[0]?.active, false);
    answer();
    await opening;
    assert.equal(statReport('live', all).live?.[0]?.clients?.[0]?.active, true);
  });

  test('files by name; live and vod of one name are apart', async () => {
    const { all, open } = sources([]);
    await open({ name: 'x', app: 'vod', protocol: 'mp4', clientId: 1 });
    await open({ name: 'x', clientId: 2 });
    const { live, vod } = statReport('all', all);
    assert.deepEqual(
      vod?.map(({ name, clients }) => [name, clients.map(({ id }) => id)]),
      [['x', [1]]],
    );
    assert.deepEqual(
      live?.map(({ name }) => name),
      ['x'],
    );
  });
});

suite('stat system', () => {
  const health = () => ({
    uptime: 61.9,
    eventLoopDelay: { p50: 0.123, p99: 4.56, max: 9 },
    cpu: 12.34,
    memory: { resident: 1e8, heapUsed: 1, heapTotal: 2, external: 3 },
  });

  test('counts, rates in kbit/s, limits', async () => {
    const { all, registry, open, pass } = sources();
    const publisher = await open({ kind: 'publish', clientId: 1 });
    const player = await open({ clientId: 2 });
    const viewer = await open({ clientId: 3, protocol: 'webrtc' });
    for (let second = 0; second < 10; second++) {
      publisher.bytes += 125_000;
      player.bytes += 250_000;
      viewer.bytes += 12_500;
      pass(1000);
    }
    viewer.dropped = 7;
    const system = statSystem({
      sessions: registry,
      traffic: all.traffic,
      health,
      callbacksWaiting: () => 3,
      delays: () => [{ transport: 'webrtc', viewers: 2, p50: 24, p95: 31 }],
      now: all.now,
    });
    assert.equal(system.rtmp_in_kbps, 1000);
    assert.equal(system.rtmp_out_kbps, 2000);
    assert.equal(system.http_kbps, 100);
    assert.deepEqual([system.max_stream, system.max_client], [5, 6]);
    assert.deepEqual([system.uptime, system.cpu, system.loop_p99], [61, 12.3, 4.6]);
    assert.deepEqual([system.dropped, system.callbacks_waiting], [7, 3]);
    viewer.end({ code: 'client_left', message: 'It left.' });
    assert.equal(all.traffic.totals().dropped, 7);
    assert.match(systemXml(system), /rtmp_publish_cn="1" rtmp_play_cn="1"\/>$/);
  });
});
