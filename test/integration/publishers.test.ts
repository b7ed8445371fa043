import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { videoBody } from '../../gateway/protocols/flv/tag-body.ts';
import { MessageType } from '../../gateway/protocols/rtmp/message.ts';
import { connect } from '../../gateway/relay/rtmp-client.ts';
import type { MediaPacket } from '../../shared/media.ts';
import { encode } from '../helpers/encoded-media.ts';
import { makeSample, publishFile } from '../helpers/ffmpeg.ts';
import { probeLive, probePackets } from '../helpers/ffprobe.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { publishNumbered } from '../helpers/numbered-publisher.ts';
import { watchHttp, watchRtmp } from '../helpers/numbered-viewer.ts';
import { run } from '../helpers/processes.ts';
import { tempDir } from '../helpers/temp-dir.ts';

void test('data messages reach viewers: onMetaData for late joiners too, others as they come', async (t) => {
  const server = await startTestGateway(t);
  const publisher = await publishNumbered(t, `${server.rtmp}/lesson`);
  publisher.data('onMetaData', { width: 1280, title: '课程' });
  const early = await watchRtmp(t, `${server.rtmp}/lesson`);
  await early.frames.upTo(publisher.send(5));
  publisher.data('onTextData', { text: 'slide 2' });
  await early.frames.upTo(publisher.send(5));
  const late = await watchRtmp(t, `${server.rtmp}/lesson`);
  await late.frames.upTo(9);
  for (const viewer of [early, late]) {
    const metadata = viewer.frames.all.filter(({ name }) => name === 'onMetaData');
    assert.equal(metadata.length, 1);
    assert.ok(Buffer.from(metadata[0]!.body).includes('课程'));
    const text = viewer.frames.all.filter(({ name }) => name === 'onTextData');
    assert.equal(text.length, 1, 'the GOP cache holds data messages too');
  }
});

void test('a publisher that is lost and returns within the grace period keeps its viewers', async (t) => {
  const server = await startTestGateway(t, { republish_grace: 5 });
  const first = await publishNumbered(t, `${server.rtmp}/lesson`, { startMs: 500_000 });
  const rtmp = await watchRtmp(t, `${server.rtmp}/lesson`);
  const http = await watchHttp(t, `${server.http}/live/lesson.flv`);
  const last = first.send(30);
  for (const { frames } of [rtmp, http]) await frames.upTo(last);
  await first.lose();
  await server.streamIs('lesson', 'interrupted');

  // It comes back with a clock that begins anew.
  const second = await publishNumbered(t, `${server.rtmp}/lesson`);
  await server.streamIs('lesson', 'live');
  const marks = [rtmp, http].map(({ frames }) => frames.all.length);
  second.send(10);
  for (const [index, { frames }] of [rtmp, http].entries()) {
    await frames.waitFor('the second publisher', ({ kind, number }) => {
      return kind === 'audio' && number === 9;
    });
    await frames.waitFor('its last sound', () => {
      const after = frames.all.slice(marks[index]);
      return after.some(({ kind, number }) => kind === 'audio' && number === 9);
    });
    const after = frames.all.slice(marks[index]);
    const pictures = after.filter(({ kind, config }) => kind === 'video' && !config);
    assert.deepEqual(
      pictures.map(({ number }) => number),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.ok(after.find(({ kind }) => kind === 'video')?.config, 'configuration first');
    const times = frames.all.map(({ timestamp }) => timestamp);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
      'time goes on for viewers',
    );
    const [gap] = pictures.map(
      ({ timestamp }) => timestamp - (times[(marks[index] ?? 0) - 1] ?? 0),
    );
    assert.ok(gap !== undefined && gap <= 1000, `no jump in viewers' time, but ${gap} ms`);
  }
  assert.equal(server.gateway.registry.list(({ details }) => details.kind === 'play').length, 2);
});

void test('a publisher that does not return: viewers are told when the grace period is over', async (t) => {
  const server = await startTestGateway(t, { republish_grace: 1 });
  const publisher = await publishNumbered(t, `${server.rtmp}/lesson`);
  const rtmp = await watchRtmp(t, `${server.rtmp}/lesson`);
  const http = await watchHttp(t, `${server.http}/live/lesson.flv`);
  const last = publisher.send(3);
  for (const { frames } of [rtmp, http]) await frames.upTo(last);
  await publisher.lose();
  await server.streamIs('lesson', 'interrupted');
  await server.streamIs('lesson', 'ended');
  await rtmp.status('NetStream.Play.UnpublishNotify');
  await http.ended;
  for (const { frames } of [rtmp, http]) frames.assertGapless(0, last);
});

void test('publish_conflict=refuse: a second publisher gets BadName, the first goes on', async (t) => {
  const server = await startTestGateway(t, { publish_conflict: 'refuse' });
  const first = await publishNumbered(t, `${server.rtmp}/lesson`);
  const viewer = await watchRtmp(t, `${server.rtmp}/lesson`);
  await viewer.frames.upTo(first.send(5));
  await assert.rejects(publishNumbered(t, `${server.rtmp}/lesson`), {
    code: 'RTMP_CLIENT_REFUSED',
    status: 'NetStream.Publish.BadName',
  });
  await viewer.frames.upTo(first.send(30));
  viewer.frames.assertGapless(0, 34);
  await server.logged(/WARN .*publish refused: .*"lesson" is published already/i);
});

void test('publish_conflict=takeover: the first is let go, viewers see the second', async (t) => {
  const server = await startTestGateway(t, { publish_conflict: 'takeover' });
  const first = await publishNumbered(t, `${server.rtmp}/lesson`, { padding: 100 });
  const viewer = await watchRtmp(t, `${server.rtmp}/lesson`);
  await viewer.frames.upTo(first.send(5));
  const gone = new Promise((resolve) => first.client.once('close', resolve));
  const second = await publishNumbered(t, `${server.rtmp}/lesson`, { padding: 200 });
  await gone;
  second.send(8);
  await viewer.frames.waitFor('the second one', ({ kind, body }) => {
    return kind === 'video' && body.length > 200;
  });
  await server.logged(/publish ended: Another publisher took over/);
});

void test('publish_conflict=stale: a silent publisher gives way, a busy one does not', async (t) => {
  const server = await startTestGateway(t, { publish_conflict: 'stale', publish_stale_ms: 300 });
  const silent = await publishNumbered(t, `${server.rtmp}/lesson`);
  silent.send(2);
  const gone = new Promise((resolve) => silent.client.once('close', resolve));
  const successor = await publishNumbered(t, `${server.rtmp}/lesson`);
  await gone;

  const busy = setInterval(() => successor.send(), 20);
  t.after(() => clearInterval(busy));
  await assert.rejects(publishNumbered(t, `${server.rtmp}/lesson`), {
    status: 'NetStream.Publish.BadName',
  });
});

void test('ffmpeg is killed and comes back: ffprobe sees both, with time going on', async (t) => {
  const server = await startTestGateway(t);
  const dir = await tempDir(t);
  const sample = await makeSample(t, dir);
  const sent = await probePackets(t, sample);
  const player = probeLive(t, `${server.http}/live/lesson.flv`);
  const witness = await watchRtmp(t, `${server.rtmp}/lesson`);
  await server.players(2, 'lesson');

  const first = publishFile(t, sample, `${server.rtmp}/lesson`, { pace: 2 });
  await witness.frames.waitFor('a second of it', ({ timestamp }) => timestamp > 1000);
  await first.stop('SIGKILL');
  await server.streamIs('lesson', 'interrupted');
  await publishFile(t, sample, `${server.rtmp}/lesson`).success();

  const received = await player.packets();
  const pictures = received.filter(({ kind }) => kind === 'video');
  const due = sent.filter(({ kind }) => kind === 'video').map(({ hash }) => hash);
  const hashes = pictures.map(({ hash }) => hash);
  const again = hashes.lastIndexOf(due[0]!);
  assert.ok(again > 0, 'the second publishing begins with its first key frame');
  assert.deepEqual(hashes.slice(0, again), due.slice(0, again), 'the first one, as far as it came');
  assert.deepEqual(hashes.slice(again), due, 'the second one, whole');
  for (const [index, { dts }] of pictures.entries()) {
    assert.ok(index === 0 || dts > pictures[index - 1]!.dts, `time goes back at picture ${index}`);
  }
});

/** Two seconds of HEVC. */
async function encodeHevc(
  t: TestContext,
): Promise<{ config: Uint8Array; pictures: MediaPacket[] }> {
  const codec = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params'];
  const parameters = 'keyint=25:min-keyint=25:scenecut=0:bframes=0:log-level=error';
  const { packets } = await encode(t, { video: [...codec, parameters], seconds: 2 });
  const [config, ...pictures] = packets;
  return { config: config!.payload, pictures };
}

/** The header of the Chinese services: codec id 12, otherwise as AVC. */
function legacyHevcBody(role: 'config' | 'key' | 'delta', payload: Uint8Array): Buffer {
  const head = [role === 'delta' ? 0x2c : 0x1c, role === 'config' ? 0 : 1, 0, 0, 0];
  return Buffer.concat([Buffer.from(head), payload]);
}

const hevcForms: [
  name: string,
  body: (role: 'config' | 'key' | 'delta', payload: Uint8Array) => Buffer,
][] = [
  [
    'Enhanced RTMP',
    (role, payload) => videoBody({ codec: 'hevc', role, compositionTime: 0, payload }),
  ],
  ['codec id 12', legacyHevcBody],
];

for (const [name, bodyOf] of hevcForms) {
  void test(`HEVC (${name}): every byte arrives, and a decoder shows the picture`, async (t) => {
    const server = await startTestGateway(t, { hls_fragment: 1 });
    const { config, pictures } = await encodeHevc(t);
    assert.equal(pictures.length, 50);
    const viewer = await watchHttp(t, `${server.http}/live/lesson.flv`);
    const late = await connect(`${server.rtmp}/lesson`);
    t.after(() => late.close());

    const publisher = await connect(`${server.rtmp}/lesson`);
    t.after(() => publisher.close());
    await publisher.publish();
    publisher.sendMedia(MessageType.video, 0, bodyOf('config', config));
    const sent: Buffer[] = [];
    for (const [index, { role, payload }] of pictures.entries()) {
      const body = bodyOf(role === 'key' ? 'key' : 'delta', payload);
      sent.push(body);
      publisher.sendMedia(MessageType.video, index * 40, body);
      // One message a read, so that the viewer that waits begins with the first.
      await viewer.frames.waitFor(`picture ${index}`, ({ body: got }) => body.equals(got));
    }
    const got = viewer.frames.all.filter(
      ({ kind, config: isConfig }) => kind === 'video' && !isConfig,
    );
    assert.deepEqual(
      got.map(({ body }) => Buffer.from(body)),
      sent,
    );
    const received = viewer.frames.all.find((frame) => frame.config);
    assert.ok(received && Buffer.from(received.body).equals(bodyOf('config', config)));
    assert.deepEqual(
      got.map(({ timestamp }) => timestamp),
      sent.map((_, index) => index * 40),
    );

    // ffmpeg of this age reads HEVC from fMP4, not from FLV. Publishing goes on for it.
    let next = pictures.length;
    const going = setInterval(() => {
      const { role, payload } = pictures[next % pictures.length]!;
      const body = bodyOf(role === 'key' ? 'key' : 'delta', payload);
      publisher.sendMedia(MessageType.video, next * 40, body);
      next++;
    }, 10);
    t.after(() => clearInterval(going));
    const frames = ['-v', 'error', '-read_intervals', '%+#20', '-show_entries', 'frame=pict_type'];
    const playlist = `${server.http}/lesson/index.m3u8`;
    const shown = await run(t, 'ffprobe', [...frames, '-of', 'csv=p=0', playlist]);
    assert.match(shown.replaceAll(/[^A-Z]/g, ''), /^IP{10}/, 'frames are decoded');
  });
}
