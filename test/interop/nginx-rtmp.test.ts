/** The gateway and nginx-rtmp relaying to each other, with ffmpeg at one end and ffprobe at the other. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { makeSample, publishFile } from '../helpers/ffmpeg.ts';
import { probeLive, probePackets } from '../helpers/ffprobe.ts';
import { pushFile } from '../helpers/flv-file-publisher.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { nginxRtmpModule, startNginxRtmp } from '../helpers/nginx-rtmp.ts';
import { assertSamePackets } from '../helpers/same-packets.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const skip = nginxRtmpModule() === undefined ? 'nginx-rtmp is not installed' : false;

suite('nginx-rtmp', { skip }, () => {
  void test('pushes a stream to us: every packet arrives from a key frame on', async (t) => {
    // nginx-rtmp takes no leave: it closes the connection.
    const server = await startTestGateway(t, { republish_grace: 0 });
    const nginx = await startNginxRtmp(t, { push: [server.rtmp] });
    const sample = await makeSample(t, await tempDir(t), { video: 'bframes' });
    const sent = await probePackets(t, sample);
    const rtmp = probeLive(t, `${server.rtmp}/lesson`);
    const flv = probeLive(t, `${server.http}/live/lesson.flv`);
    await server.players(2, 'lesson');
    await publishFile(t, sample, `${nginx.url}/lesson`).success();
    for (const packets of [await rtmp.packets(), await flv.packets()]) {
      assertSamePackets(packets, sent, { from: 'any key frame' });
      assert.ok(packets.length > sent.length / 2, `${packets.length} of ${sent.length} packets`);
    }
  });

  void test('pulls a stream from us when someone plays it there', async (t) => {
    const server = await startTestGateway(t);
    const nginx = await startNginxRtmp(t, { pull: [server.rtmp] });
    const sample = await makeSample(t, await tempDir(t));
    const sent = await probePackets(t, sample);
    const player = probeLive(t, `${nginx.url}/lesson`);
    await server.players(1, 'lesson');
    await publishFile(t, sample, `${server.rtmp}/lesson`).success();
    // nginx-rtmp leaves its players waiting when what it pulled ends.
    await server.streamIs('lesson', 'ended');
    nginx.child.process.kill('SIGTERM');
    assertSamePackets(await player.packets(), sent, { from: 'any key frame' });
  });

  void test('is pushed to by our RTMP client: what it plays is what was sent', async (t) => {
    const nginx = await startNginxRtmp(t);
    const sample = await makeSample(t, await tempDir(t), { video: 'bframes', audio: 'mp3' });
    const sent = await probePackets(t, sample);
    const player = probeLive(t, `${nginx.url}/lesson`);
    const publishing = await pushFile(t, sample, `${nginx.url}/lesson`);
    await publishing.finished;
    nginx.child.process.kill('SIGTERM');
    assertSamePackets(await player.packets(), sent, { from: 'any key frame' });
  });
});
