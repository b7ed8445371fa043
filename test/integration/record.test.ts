import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { StatSystem } from '../../shared/stat.ts';
import { startCallbackServer, type ReceivedCallback } from '../helpers/callback-server.ts';
import { makeSample, publishFile } from '../helpers/ffmpeg.ts';
import { probePackets } from '../helpers/ffprobe.ts';
import { startTestGateway, type TestGateway } from '../helpers/gateway.ts';
import { readForm } from '../helpers/multipart-form.ts';
import { run } from '../helpers/processes.ts';
import { publishNumbered } from '../helpers/numbered-publisher.ts';
import { assertSamePackets } from '../helpers/same-packets.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const RECORDED = /^lesson_\d{14}\.mp4$/;

async function mp4s(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.mp4')).sort();
}

const isDone = ({ body }: ReceivedCallback): boolean =>
  body.includes('record_transfer_done', undefined, 'latin1');

async function start(t: TestContext, settings: Parameters<typeof startTestGateway>[1] = {}) {
  const receiver = await startCallbackServer(t);
  const server = await startTestGateway(t, {
    enable_rtmp_record_manual: false,
    rtmp_notify: receiver.url,
    ...settings,
  });
  return { receiver, server };
}

/** What a player of the recording gets, compared with what was published. */
async function assertRecorded(t: TestContext, path: string, sample: string): Promise<void> {
  assertSamePackets(await probePackets(t, path), await probePackets(t, sample), { toleranceMs: 1 });
  const said = await run(t, 'ffmpeg', ['-v', 'warning', '-xerror', '-i', path, '-f', 'null', '-']);
  assert.equal(said, '');
}

void test('a stream with B-frames becomes an MP4 of the same packets, and its receiver is told', async (t) => {
  const { receiver, server } = await start(t);
  const dir = await tempDir(t);
  const sample = await makeSample(t, dir, { video: 'bframes', seconds: 6 });
  await publishFile(t, sample, `${server.rtmp}/lesson`).success();
  const told = await receiver.waitFor(isDone, 20_000);
  const { fields, files } = readForm(told);

  const { record_path: folder } = server.config;
  const [name = ''] = await mp4s(folder);
  assert.match(name, RECORDED);
  const path = join(folder, name);
  await assertRecorded(t, path, sample);
  assert.ok(!existsSync(path.replace(/mp4$/, 'flv')), 'the FLV is gone');

  const { size } = await stat(path);
  const { duration, bitrate, event_id: id, ...rest } = fields;
  assert.ok(Math.abs(Number(duration) - 6) < 0.2, duration);
  assert.equal(Number(bitrate), Math.round((size * 8) / Number(duration)));
  assert.match(id ?? '', /^[\da-f-]{36}$/);
  assert.deepEqual(rest, {
    call: 'record_transfer_done',
    size: String(size),
    fps: '25',
    wh: '320x180',
    filename: name,
    jpgpath: path.replace(/mp4$/, 'jpg'),
    error: '0',
    filepath: path,
    streamname: 'lesson',
  });
  assert.deepEqual([...files.keys()], ['file']);
  assert.equal(files.get('file')?.type, 'image/jpeg');
  assert.deepEqual(files.get('file')?.content.subarray(0, 3), Buffer.from([0xff, 0xd8, 0xff]));
});

void test('a publisher that comes back in time goes on in the same file', async (t) => {
  const { receiver, server } = await start(t);
  const first = await publishNumbered(t, `${server.rtmp}/lesson`);
  first.send(50);
  await first.client.call('getStreamLength', 'lesson');
  await first.lose();
  await server.streamIs('lesson', 'interrupted');
  const second = await publishNumbered(t, `${server.rtmp}/lesson`);
  second.send(50);
  await second.close();
  await receiver.waitFor(isDone);
  const { record_path: folder } = server.config;
  const [name = ''] = await mp4s(folder);
  assert.deepEqual(await mp4s(folder), [name]);
  const packets = await probePackets(t, join(folder, name));
  const pictures = packets.filter(({ kind }) => kind === 'video');
  assert.equal(pictures.length, 100);
  // 100 pictures at 25 a second: no gap where the publisher was away.
  assert.equal(pictures.at(-1)!.dts - pictures[0]!.dts, 99 * 40);
});

async function startRecording(server: TestGateway, action: string, name: string) {
  const response = await fetch(
    `${server.http}/control/record/${action}?app=live&rec=rec&name=${name}`,
  );
  return { status: response.status, text: await response.text() };
}

void test('by hand: nothing is recorded until it is asked for, from the newest key frame on', async (t) => {
  const { receiver, server } = await start(t, {
    enable_rtmp_record_manual: true,
    enable_rtmp_publish_s_notify: true,
  });
  const folder = join(await tempDir(t), 'elsewhere');
  await mkdir(folder);
  receiver.answer(() => ({ headers: { rec_path: folder, rec_name: 'myrecfile' } }));
  assert.equal((await startRecording(server, 'start', 'lesson')).status, 404);

  const publisher = await publishNumbered(t, `${server.rtmp}/lesson`, { gop: 10 });
  publisher.send(25);
  const viewer = await fetch(`${server.http}/live/lesson.flv`);
  await viewer.body?.cancel();
  assert.deepEqual(await readdir(folder), []);
  const started = await startRecording(server, 'start', 'lesson');
  assert.match(basename(started.text), /^myrecfile_\d{14}\.flv$/);
  assert.ok(existsSync(started.text));
  assert.deepEqual(await startRecording(server, 'start', 'lesson'), started, 'it goes on');
  publisher.send(25);
  await publisher.client.call('getStreamLength', 'lesson');
  const stopped = await startRecording(server, 'stop', 'lesson');
  assert.deepEqual(stopped, started);
  assert.equal((await startRecording(server, 'stop', 'lesson')).status, 404);

  const { fields } = readForm(await receiver.waitFor(isDone));
  assert.equal(fields['filepath'], started.text.replace(/flv$/, 'mp4'));
  const packets = await probePackets(t, fields['filepath']);
  const pictures = packets.filter(({ kind }) => kind === 'video');
  assert.ok(pictures[0]?.key);
  assert.equal(pictures.length, 30, 'from picture 20, the newest key frame, to 49');
});

void test('a missing rec_path: the stream plays on, the log and the receiver are told', async (t) => {
  const { receiver, server } = await start(t, {
    enable_rtmp_record_manual: true,
    enable_rtmp_publish_s_notify: true,
  });
  receiver.answer(() => ({ headers: { is_rec: '1', rec_path: '/nowhere/at/all' } }));
  const publisher = await publishNumbered(t, `${server.rtmp}/lesson`);
  publisher.send(30);
  const { fields, files } = readForm(await receiver.waitFor(isDone));
  assert.equal(fields['error'], '2');
  assert.equal(fields['filepath'], 'NONE');
  assert.equal(fields['jpgpath'], 'NONE');
  assert.equal(files.size, 0);
  await server.logged(/Recording stopped: The folder \/nowhere\/at\/all does not exist/);
  publisher.send(30);
  await publisher.client.call('getStreamLength', 'lesson');
  assert.equal(server.gateway.hub.find('lesson')?.state, 'live');
  const stat = await fetch(`${server.http}/stat/sys`, { headers: { accept: 'application/json' } });
  const { library } = (await stat.json()) as StatSystem;
  const [recording] = library?.recordings ?? [];
  assert.deepEqual([recording?.name, recording?.recording], ['lesson', false]);
  assert.match(recording?.error ?? '', /does not exist/);
});

void test('a disk that is nearly full is not written to', async (t) => {
  const { receiver, server } = await start(t, { disk_free_min: 1_000_000_000 });
  const publisher = await publishNumbered(t, `${server.rtmp}/lesson`);
  publisher.send(30);
  const { fields } = readForm(await receiver.waitFor(isDone));
  assert.equal(fields['error'], '3');
  await server.logged(/disk_free_min/);
  assert.equal(server.gateway.hub.find('lesson')?.state, 'live');
});

void test('what an earlier run left is finished at the next start', async (t) => {
  const { server } = await start(t, { rtmp_notify: '' });
  const dir = await tempDir(t);
  const sample = await makeSample(t, dir, { video: 'bframes', seconds: 3 });
  const source = join(server.config.record_path, 'lesson_20260101120000.flv');
  // As after a power cut: the last tag is torn, and what follows was never written.
  const whole = await readFile(sample);
  await writeFile(source, Buffer.concat([whole.subarray(0, -100), Buffer.alloc(4096)]));
  const job = {
    id: '9b2f7a2e-0000-4000-8000-000000000001',
    kind: 'recording',
    name: 'lesson',
    source,
    args: [],
    step: 'writing',
    error: 0,
  };
  const state = server.folders.state;
  await mkdir(join(state, 'library'), { recursive: true });
  await server.gateway.close();
  await writeFile(join(state, 'library', `${job.id}.json`), JSON.stringify(job));

  const receiver = await startCallbackServer(t);
  receiver.answer(() => ({ status: 500 }));
  const again = await startTestGateway(t, { rtmp_notify: receiver.url }, { home: state });
  const { fields } = readForm(await receiver.waitFor(isDone));
  assert.equal(fields['filepath'], source.replace(/flv$/, 'mp4'));
  const packets = await probePackets(t, fields['filepath']);
  const sent = await probePackets(t, sample);
  assert.ok(packets.length >= sent.length - 2, `${packets.length} of ${sent.length}`);
  await again.gateway.close();

  // The receiver failed: the next start tells it again, with the same event.
  receiver.answer(() => ({}));
  const third = await startTestGateway(t, { rtmp_notify: receiver.url }, { home: state });
  const later = await receiver.waitFor(
    (callback) => isDone(callback) && callback !== receiver.received[0],
  );
  assert.equal(readForm(later).fields['event_id'], fields['event_id']);
  await third.gateway.close();
  assert.deepEqual(await readdir(join(state, 'library')), []);
});
