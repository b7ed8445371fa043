import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probeLive } from '../helpers/ffprobe.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { gstreamerMissing, startGStreamer } from '../helpers/gstreamer.ts';
import { publishLesson } from '../helpers/lesson.ts';
import { until } from '../helpers/until.ts';

const skip = gstreamerMissing();

test('GStreamer plays picture and sound by WHEP', { skip }, async (t) => {
  const gateway = await startTestGateway(t);
  await publishLesson(t, gateway);
  const client = startGStreamer(t, 'whep', `${gateway.http}/live/lesson/whep`);
  const { video, audio } = (await client.said) as {
    video: { width: number; height: number; count: number; back: number };
    audio: { rate: number; count: number; back: number };
  };
  assert.deepEqual([video.width, video.height, video.back], [320, 180, 0]);
  assert.ok(video.count >= 30, `${video.count} pictures`);
  assert.deepEqual([audio.rate, audio.back], [48_000, 0]);
  assert.ok(audio.count >= 90, `${audio.count} packets of sound`);
  await gateway.logged(/play ended: The client deleted the session/);
});

test('GStreamer publishes by WHIP; RTMP sees H.264 and AAC', { skip }, async (t) => {
  const gateway = await startTestGateway(t);
  const publisher = startGStreamer(t, 'whip', `${gateway.http}/live/camera/whip`);
  await publisher.said;
  await gateway.ready('camera');
  const [session] = gateway.gateway.registry.list(({ details }) => details.kind === 'publish');
  assert.deepEqual(session?.details.args, [['token', 'gstreamer']]);
  await until(() => gateway.gateway.hub.find('camera')?.tracks.has('audio') === true);
  const probe = probeLive(t, `${gateway.rtmp}/camera`, ['-read_intervals', '%+2']);
  const packets = await probe.packets(30_000);
  const video = packets.filter(({ kind }) => kind === 'video');
  assert.ok(video.length > 20, `${video.length} pictures`);
  assert.equal(video[0]?.key, true);
  assert.ok(packets.filter(({ kind }) => kind === 'audio').length > 40);
  await publisher.leave();
  await gateway.logged(/publish ended/);
});
