import assert from 'node:assert/strict';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { isAmfObject, type AmfObject } from '../../gateway/protocols/amf/value.ts';
import { decodeData, isData } from '../../gateway/protocols/rtmp/data.ts';
import { MessageType } from '../../gateway/protocols/rtmp/message.ts';
import { connect, type PlayOptions } from '../../gateway/relay/rtmp-client.ts';
import { parseVideoTag } from '../../shared/flv/video-tag.ts';
import { startCallbackServer } from '../helpers/callback-server.ts';
import { makeSample } from '../helpers/ffmpeg.ts';
import { probeLive, probePackets } from '../helpers/ffprobe.ts';
import { startTestGateway, type TestGateway } from '../helpers/gateway.ts';
import { run, start } from '../helpers/processes.ts';
import { assertSamePackets } from '../helpers/same-packets.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const vod = (server: TestGateway): string => server.rtmp.replace(/live$/, 'vod');

interface Picture {
  readonly time: number;
  readonly key: boolean;
}

/** A player that keeps what it is sent; with a long buffer it is sent all at once. */
async function watch(t: TestContext, server: TestGateway, name: string, options: PlayOptions = {}) {
  const client = await connect(`${vod(server)}/${name}`);
  t.after(() => client.close());
  const pictures: Picture[] = [];
  const data: { name: string; value: AmfObject }[] = [];
  const codes: unknown[] = [];
  client.on('status', (info) => codes.push(info['code']));
  client.on('media', (message) => {
    if (isData(message.type)) {
      const { name: called, values } = decodeData(message);
      if (isAmfObject(values[0])) data.push({ name: called, value: values[0] });
    }
    if (message.type !== MessageType.video) return;
    const [tag] = parseVideoTag(message.payload);
    if (tag?.kind === 'frame') pictures.push({ time: message.timestamp, key: tag.key });
  });
  const id = await client.play(name, { bufferMs: 3_600_000, ...options });
  return {
    client,
    id,
    pictures,
    data,
    codes,
    status: (code: string) => until(() => codes.includes(code)),
  };
}

suite('files over RTMP', () => {
  for (const container of ['mp4', 'flv'] as const) {
    test(`ffprobe gets every packet of an ${container} file with B-frames, in time`, async (t) => {
      const server = await startTestGateway(t);
      const dir = await tempDir(t);
      const flv = await makeSample(t, dir, { seconds: 3, video: 'bframes' });
      const path = join(server.folders.media, `lesson.${container}`);
      if (container === 'flv') await copyFile(flv, path);
      else await run(t, 'ffmpeg', ['-v', 'error', '-i', flv, '-c', 'copy', path]);
      const name = container === 'flv' ? 'lesson' : 'mp4:lesson';
      const played = await probeLive(t, `${vod(server)}/${name}`).packets();
      assertSamePackets(played, await probePackets(t, path), { toleranceMs: 1 });
      await until(() => server.gateway.registry.list().length === 0);
    });
  }

  test('rtmpdump downloads a minute at once, and stops by itself', async (t) => {
    const server = await startTestGateway(t);
    const target = join(await tempDir(t), 'dump.flv');
    await start(t, 'rtmpdump', ['-q', '-r', `${vod(server)}/1.mp4`, '-o', target]).success(10_000);
    const sample = new URL('../../gateway/library/sample/1.mp4', import.meta.url).pathname;
    const due = await probePackets(t, sample);
    // It may leave when the time that the metadata tells is reached, before the last sound.
    const got = (await probePackets(t, target)).length;
    assert.ok(got >= due.length - 2 && got <= due.length, `${got} of ${due.length}`);
  });

  test('metadata, then all of it, then Complete', async (t) => {
    const server = await startTestGateway(t);
    const player = await watch(t, server, '1');
    await player.status('NetStream.Play.Stop');
    const metadata = player.data.find(({ name }) => name === 'onMetaData')?.value;
    assert.equal(Math.round(Number(metadata?.['duration'])), 60);
    assert.equal(metadata?.['width'], 640);
    assert.equal(metadata?.['videocodecid'], 7);
    assert.equal(player.pictures.length, 1500);
    const complete = player.data.find(({ name }) => name === 'onPlayStatus')?.value;
    assert.equal(complete?.['code'], 'NetStream.Play.Complete');
    assert.equal(Math.round(Number(await player.client.call('getStreamLength', '1'))), 60);
    const [session] = server.gateway.registry.list();
    assert.ok((session?.bytes ?? 0) > 600_000);
  });

  test('start and duration; seek goes to the key frame at or before', async (t) => {
    const server = await startTestGateway(t);
    const part = await watch(t, server, '1', { start: 20.5, duration: 2 });
    await part.status('NetStream.Play.Stop');
    const [first] = part.pictures;
    assert.ok(first?.key);
    assert.ok(first.time >= 20_000 && first.time < 20_100, `${first.time}`);
    const last = part.pictures.at(-1)!.time;
    assert.ok(last > 22_380 && last < 22_600, `${last}`);

    const player = await watch(t, server, '1');
    await player.status('NetStream.Play.Stop');
    player.pictures.length = 0;
    player.client.tell(player.id, 'seek', 40_700);
    await player.status('NetStream.Seek.Notify');
    await until(() => player.pictures.length >= 475);
    assert.ok(player.pictures[0]?.key);
    assert.equal(Math.round(player.pictures[0].time / 100), 400);
    player.client.tell(player.id, 'seek', 99_000);
    await player.status('NetStream.Seek.InvalidTime');
  });

  test('paced by the client’s buffer; pause holds, resuming loses nothing', async (t) => {
    const server = await startTestGateway(t);
    const player = await watch(t, server, '1', { bufferMs: 1000 });
    await until(() => player.pictures.length >= 25);
    assert.ok(player.pictures.length < 150, `${player.pictures.length} pictures at once`);
    player.client.tell(player.id, 'pause', true, 0);
    await player.status('NetStream.Pause.Notify');
    await player.client.call('getStreamLength', '1');
    await player.client.call('getStreamLength', '1');
    const held = player.pictures.length;
    player.client.tell(player.id, 'pause', false, 0);
    await player.status('NetStream.Unpause.Notify');
    await until(() => player.pictures.length > held + 20);
    const times = player.pictures.map(({ time }) => time);
    const steps = times.slice(1).map((time, index) => time - times[index]!);
    assert.deepEqual([...new Set(steps)], [40]);
  });

  test('no such file, a broken one, none of its business', async (t) => {
    const server = await startTestGateway(t);
    await assert.rejects(watch(t, server, 'nothing'), /StreamNotFound|There is no file/);
    await writeFile(join(server.folders.media, 'broken.mp4'), Buffer.alloc(1000, 1));
    await assert.rejects(watch(t, server, 'broken.mp4'), /FileStructureInvalid/);
    const publisher = await connect(`${vod(server)}/x`);
    t.after(() => publisher.close());
    await assert.rejects(publisher.publish(), /Files are not published/);
  });

  test('Filename chooses the file; the end is told with its bytes', async (t) => {
    const receiver = await startCallbackServer(t);
    const server = await startTestGateway(t, {
      rtmp_notify: receiver.url,
      enable_rtmp_vod_s_notify: true,
      enable_rtmp_vod_e_notify: true,
    });
    const dir = await tempDir(t);
    const path = await makeSample(t, dir, { seconds: 2, audio: 'none' });
    receiver.answer(() => ({ headers: { Filename: path } }));
    const player = await watch(t, server, 'whatever');
    await player.status('NetStream.Play.Stop');
    assert.equal(player.pictures.length, 50);
    assert.equal(receiver.received[0]?.form['app'], 'vod');
    assert.equal(receiver.received[0].form['name'], 'whatever');
    await player.client.close();
    const { form } = await receiver.waitFor(({ form }) => form['call'] === 'play_done');
    assert.ok(Number(form['totlebyte']) > 10_000);
  });
});
