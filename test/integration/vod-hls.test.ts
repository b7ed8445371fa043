import assert from 'node:assert/strict';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startCallbackServer } from '../helpers/callback-server.ts';
import { makeSample } from '../helpers/ffmpeg.ts';
import { probePackets } from '../helpers/ffprobe.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { run } from '../helpers/processes.ts';
import { assertSamePackets } from '../helpers/same-packets.ts';
import { tempDir } from '../helpers/temp-dir.ts';

for (const container of ['mp4', 'flv'] as const) {
  void test(`an ${container} file with B-frames plays as HLS, every packet of it`, async (t) => {
    const server = await startTestGateway(t);
    const dir = await tempDir(t);
    const flv = await makeSample(t, dir, { seconds: 14, video: 'bframes', gopSeconds: 2 });
    const path = join(server.folders.media, `lesson.${container}`);
    if (container === 'flv') await copyFile(flv, path);
    else await run(t, 'ffmpeg', ['-v', 'error', '-i', flv, '-c', 'copy', path]);
    const url = `${server.http}/lesson.${container}/index.m3u8`;
    assertSamePackets(await probePackets(t, url), await probePackets(t, path), { toleranceMs: 1 });
    const said = await run(t, 'ffmpeg', ['-v', 'error', '-xerror', '-i', url, '-f', 'null', '-']);
    assert.equal(said, '');
  });
}

void test('the playlists say what there is; arguments and viewers go along', async (t) => {
  const receiver = await startCallbackServer(t);
  const server = await startTestGateway(t, {
    http_notify: receiver.url,
    enable_http_vod_s_notify: true,
    enable_http_vod_e_notify: true,
  });
  receiver.answer(({ form }) => ({ status: form['user'] === 'bad' ? 403 : 200 }));
  const text = async (path: string): Promise<string> => {
    const response = await fetch(server.http + path);
    assert.equal(response.status, 200, path);
    return response.text();
  };
  assert.equal((await fetch(`${server.http}/1.mp4/index.m3u8?user=bad`)).status, 403);

  const main = await text('/1.mp4/index.m3u8?user=u');
  assert.match(main, /CODECS="avc1\.4d401f,mp4a\.40\.2",RESOLUTION=640x360/);
  const media = /^(\S+)\/vod\.m3u8\?user=u$/m.exec(main)?.[1] ?? '';
  const list = await text(`/1.mp4/${media}/vod.m3u8?user=u`);
  assert.match(list, /#EXT-X-TARGETDURATION:6\n/);
  assert.match(list, /#EXT-X-MAP:URI="init\.mp4\?user=u"/);
  const durations = [...list.matchAll(/#EXTINF:([\d.]+),\n(\d+)\.m4s\?user=u/g)].map(durationOf);
  assert.equal(durations.length, 10);
  const sum = durations.reduce((total, duration) => total + duration, 0);
  assert.ok(Math.abs(sum - 60) < 0.1, `${sum}`);
  assert.ok(list.endsWith('#EXT-X-ENDLIST\n'));

  await text(`/1.mp4/${media}/init.mp4?user=u`);
  const segment = await text(`/1.mp4/${media}/5.m4s?user=u`);
  assert.equal((await fetch(`${server.http}/1.mp4/${media}/10.m4s`)).status, 404);
  const plays = receiver.received.filter(({ form }) => form['user'] === 'u');
  assert.deepEqual(
    plays.map(({ form }) => [form['app'], form['name'], form['protocol'], form['call']]),
    [['http_vod', '1.mp4', 'hls', 'play']],
  );
  const [session] = server.gateway.registry.list();
  assert.ok(session && session.bytes > segment.length / 2);

  await fetch(`${server.http}/cfg/drop?clientid=${session.details.clientId}`);
  assert.equal((await fetch(`${server.http}/1.mp4/${media}/6.m4s?user=u`)).status, 403);
  await receiver.waitFor(({ form }) => form['call'] === 'play_done');
});

void test('a file that is deleted plays to its end; there is no other', async (t) => {
  const server = await startTestGateway(t);
  const dir = await tempDir(t);
  const path = join(server.folders.media, 'lesson.flv');
  await copyFile(await makeSample(t, dir, { seconds: 2 }), path);
  const main = await (await fetch(`${server.http}/lesson.flv/index.m3u8`)).text();
  await rm(path);
  const token = /^(\S+)\/vod\.m3u8$/m.exec(main)?.[1] ?? '';
  assert.equal((await fetch(`${server.http}/lesson.flv/${token}/0.m4s`)).status, 200);
  assert.equal((await fetch(`${server.http}/lesson.flv/index.m3u8`)).status, 404);
});

const durationOf = ([, text]: RegExpExecArray): number => Number(text);
