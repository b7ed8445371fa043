/** The gateway and node-media-server relaying to each other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSample, publishFile } from '../helpers/ffmpeg.ts';
import { probeLive, probePackets } from '../helpers/ffprobe.ts';
import { pushFile } from '../helpers/flv-file-publisher.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { startNodeMediaServer } from '../helpers/node-media-server.ts';
import { assertSamePackets } from '../helpers/same-packets.ts';
import { tempDir } from '../helpers/temp-dir.ts';

void test('node-media-server pushes a stream to us', async (t) => {
  const server = await startTestGateway(t, { republish_grace: 0 });
  const peer = await startNodeMediaServer(t, {
    relays: [{ mode: 'push', name: 'lesson', url: `${server.rtmp}/lesson` }],
  });
  const sample = await makeSample(t, await tempDir(t), { seconds: 6 });
  const sent = await probePackets(t, sample);
  const publisher = publishFile(t, sample, `${peer.url}/lesson`, { pace: 2 });
  const flv = probeLive(t, `${server.http}/live/lesson.flv`);
  await server.streamIs('lesson', 'live');
  await publisher.success();
  await peer.child.stop();
  assertSamePackets(await flv.packets(), sent, { from: 'any key frame' });
});

void test('node-media-server pulls a stream from us', async (t) => {
  const server = await startTestGateway(t);
  const peer = await startNodeMediaServer(t, {
    relays: [{ mode: 'pull', name: 'lesson', url: `${server.rtmp}/lesson` }],
  });
  const sample = await makeSample(t, await tempDir(t));
  const sent = await probePackets(t, sample);
  await server.players(1, 'lesson');
  const player = probeLive(t, `http://127.0.0.1:${peer.httpPort}/live/lesson.flv`);
  await publishFile(t, sample, `${server.rtmp}/lesson`).success();
  await server.streamIs('lesson', 'ended');
  await peer.child.stop();
  assertSamePackets(await player.packets(), sent, { from: 'any key frame' });
});

void test('node-media-server is pushed to by our RTMP client', async (t) => {
  const peer = await startNodeMediaServer(t);
  const sample = await makeSample(t, await tempDir(t), { seconds: 3 });
  const sent = await probePackets(t, sample);
  const publishing = await pushFile(t, sample, `${peer.url}/lesson`, 2);
  const player = probeLive(t, `http://127.0.0.1:${peer.httpPort}/live/lesson.flv`);
  await publishing.finished;
  await peer.child.stop();
  const packets = await player.packets();
  assertSamePackets(packets, sent, { from: 'any key frame' });
  assert.ok(packets.some(({ kind }) => kind === 'audio'));
});
