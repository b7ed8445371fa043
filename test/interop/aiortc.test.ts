import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aiortcMissing, startAiortc } from '../helpers/aiortc.ts';
import { probeLive } from '../helpers/ffprobe.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { publishLesson } from '../helpers/lesson.ts';
import { until } from '../helpers/until.ts';

const skip = aiortcMissing();

test('aiortc plays picture and sound by WHEP', { skip }, async (t) => {
  const gateway = await startTestGateway(t);
  await publishLesson(t, gateway);
  const client = startAiortc(t, 'whep', `${gateway.http}/live/lesson/whep`);
  const { video, audio } = (await client.said) as {
    video: { width: number; height: number; frames: number; back: number };
    audio: { rate: number; level: number };
  };
  assert.deepEqual([video.width, video.height, video.back], [320, 180, 0]);
  assert.ok(video.frames >= 30, `${video.frames} pictures`);
  assert.equal(audio.rate, 48_000);
  // The sample's sine has an eighth of full scale: 0.125 / √2; its start is quiet.
  assert.ok(audio.level > 0.06 && audio.level < 0.1, `${audio.level}`);
  await gateway.logged(/play ended: The client deleted the session/);
});

test('aiortc publishes by WHIP; RTMP sees H.264 and AAC, WHEP its Opus', { skip }, async (t) => {
  const gateway = await startTestGateway(t);
  const publisher = startAiortc(t, 'whip', `${gateway.http}/live/camera/whip`);
  await publisher.said;
  await until(() => {
    const stream = gateway.gateway.hub.find('camera');
    return stream?.ready === true && stream.tracks.has('audio');
  }, 30_000);
  const [session] = gateway.gateway.registry.list(({ details }) => details.kind === 'publish');
  assert.deepEqual(session?.details.args, [['token', 'aiortc']]);
  const player = startAiortc(t, 'whep', `${gateway.http}/live/camera/whep`);
  const probe = probeLive(t, `${gateway.rtmp}/camera`, ['-read_intervals', '%+2']);
  const packets = await probe.packets(30_000);
  assert.ok(packets.filter(({ kind }) => kind === 'video').length > 20);
  assert.ok(packets.filter(({ kind }) => kind === 'audio').length > 40);
  const { video, audio } = (await player.said) as {
    video: { width: number; back: number };
    audio: { level: number };
  };
  assert.deepEqual([video.width, video.back], [640, 0]);
  // Half of full scale: 0.5 / √2.
  assert.ok(audio.level > 0.3 && audio.level < 0.4, `${audio.level}`);
  await publisher.leave();
  await gateway.logged(/publish ended/);
});
