import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSample, publishFile } from '../helpers/ffmpeg.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { gstreamerMissing, startGStreamer } from '../helpers/gstreamer.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

test('GStreamer plays picture and sound by WHEP', { skip: gstreamerMissing() }, async (t) => {
  const gateway = await startTestGateway(t);
  const file = await makeSample(t, await tempDir(t), { seconds: 6, gopSeconds: 2 });
  publishFile(t, file, `${gateway.rtmp}/lesson`, { pace: 1, loop: -1 });
  await until(() => gateway.gateway.hub.find('lesson')?.ready === true, 20_000);
  const client = startGStreamer(t, `${gateway.http}/live/lesson/whep`);
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
