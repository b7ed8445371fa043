import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { makeSample, publishFile } from '../helpers/ffmpeg.ts';
import { probeLive, probePackets } from '../helpers/ffprobe.ts';
import { startTestGateway, type TestGateway } from '../helpers/gateway.ts';
import { run } from '../helpers/processes.ts';
import { publishNumbered, type NumberedPublisher } from '../helpers/numbered-publisher.ts';
import {
  watchHttp,
  watchRtmp,
  watchWebSocket,
  type NumberedViewer,
} from '../helpers/numbered-viewer.ts';
import { assertSamePackets } from '../helpers/same-packets.ts';
import { tempDir } from '../helpers/temp-dir.ts';

type Watch = (t: TestContext, server: TestGateway) => Promise<NumberedViewer>;

const ways: [name: string, watch: Watch][] = [
  ['RTMP', (t, server) => watchRtmp(t, `${server.rtmp}/lesson`)],
  ['HTTP-FLV', (t, server) => watchHttp(t, `${server.http}/live/lesson.flv`)],
  [
    'WebSocket-FLV',
    (t, server) => watchWebSocket(t, `${server.http.replace('http', 'ws')}/live/lesson.flv`),
  ],
];

/** A stream of which `count` frames have gone through the gateway. */
async function streamWith(
  t: TestContext,
  server: TestGateway,
  count: number,
  options = {},
): Promise<NumberedPublisher> {
  const publisher = await publishNumbered(t, `${server.rtmp}/lesson`, options);
  const witness = await watchRtmp(t, `${server.rtmp}/lesson`);
  await witness.frames.upTo(publisher.send(count));
  await witness.client.close();
  return publisher;
}

for (const [name, watch] of ways) {
  void test(`${name}: a late joiner begins with the cached key frame and misses nothing from there`, async (t) => {
    const server = await startTestGateway(t);
    const publisher = await streamWith(t, server, 60, { gop: 25 });

    const viewer = await watch(t, server);
    await viewer.frames.upTo(59);
    assert.equal(viewer.frames.numbers()[0], 50, 'the newest key frame comes first');
    await viewer.frames.upTo(publisher.send(20));
    viewer.frames.assertGapless(50, 79);
  });

  void test(`${name}: a joiner in mid-stream is told the metadata and the configurations first`, async (t) => {
    const server = await startTestGateway(t);
    const publisher = await publishNumbered(t, `${server.rtmp}/lesson`);
    publisher.data('onMetaData', { width: 640, height: 360 });
    const witness = await watchRtmp(t, `${server.rtmp}/lesson`);
    await witness.frames.upTo(publisher.send(10));

    const viewer = await watch(t, server);
    await viewer.frames.upTo(9);
    const media = viewer.frames.all.filter(({ name }) => name !== '|RtmpSampleAccess');
    assert.equal(media[0]?.name, 'onMetaData');
    assert.ok(Buffer.from(media[0].body).includes('width'));
    const configs = media.slice(1, 3).map(({ kind, config }) => `${kind} ${config}`);
    assert.deepEqual(configs.toSorted(), ['audio true', 'video true']);
    const picture = media.findIndex(({ kind, config }) => kind === 'video' && !config);
    assert.ok(
      media.slice(picture).every(({ config }) => !config),
      'no configuration comes later',
    );
  });

  void test(`${name}: a joiner of a stream without picture starts with the newest sound`, async (t) => {
    const server = await startTestGateway(t);
    const publisher = await publishNumbered(t, `${server.rtmp}/lesson`, { gop: 0 });
    const witness = await watchRtmp(t, `${server.rtmp}/lesson`);
    // The first second shows whether there will be a picture.
    await witness.frames.upTo(publisher.send(30), ['audio']);
    while (publisher.next < 60) await witness.frames.upTo(publisher.send(5), ['audio']);

    const viewer = await watch(t, server);
    await viewer.frames.upTo(59, ['audio']);
    const first = viewer.frames.numbers('audio')[0] ?? -1;
    assert.ok(first >= 40, `sound begins near the live edge, not at ${first}`);
    await viewer.frames.upTo(publisher.send(5), ['audio']);
    viewer.frames.assertGapless(first, 64, ['audio']);
  });
}

void test('without a GOP cache a joiner waits for the next key frame', async (t) => {
  const server = await startTestGateway(t, { gop_cache_seconds: 0 });
  const publisher = await streamWith(t, server, 30, { gop: 25 });
  const viewer = await watchRtmp(t, `${server.rtmp}/lesson`);
  await server.players(1, 'lesson');
  await viewer.frames.upTo(publisher.send(30), ['video']);
  assert.equal(viewer.frames.numbers()[0], 50);
});

void test('a GOP that outgrew the cache is not begun in the middle', async (t) => {
  const server = await startTestGateway(t, { gop_cache_frames: 20 });
  const publisher = await streamWith(t, server, 80, { gop: 50 });
  const viewer = await watchRtmp(t, `${server.rtmp}/lesson`);
  await viewer.frames.upTo(publisher.send(40), ['video']);
  const pictures = viewer.frames.all.filter(({ kind, config }) => kind === 'video' && !config);
  assert.equal(pictures[0]?.number, 100);
  assert.equal(pictures[0].key, true);
});

void test('ffprobe joins in mid-stream: everything from a key frame on', async (t) => {
  const server = await startTestGateway(t);
  const dir = await tempDir(t);
  const sample = await makeSample(t, dir, { seconds: 6, video: 'bframes' });
  const sent = await probePackets(t, sample);
  const witness = await watchRtmp(t, `${server.rtmp}/lesson`);
  const publisher = publishFile(t, sample, `${server.rtmp}/lesson`, { pace: 2 });
  await witness.frames.waitFor('two seconds', ({ timestamp }) => timestamp >= 2000);

  const rtmp = probeLive(t, `${server.rtmp}/lesson`);
  const flv = probeLive(t, `${server.http}/live/lesson.flv`);
  const kinds = ['-v', 'error', '-show_entries', 'stream=codec_type', '-of', 'csv=p=0'];
  const streams = run(t, 'ffprobe', [...kinds, `${server.rtmp}/lesson`]);
  assert.deepEqual((await streams).trim().split('\n').sort(), ['audio', 'video']);
  await publisher.success();
  for (const packets of [await rtmp.packets(), await flv.packets()]) {
    assert.ok(packets.length < sent.length, 'it did join late');
    assertSamePackets(packets, sent, { from: 'any key frame' });
  }
});
