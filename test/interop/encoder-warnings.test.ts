import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { StatReport, StatStream } from '../../shared/stat.ts';
import { start } from '../helpers/processes.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { until } from '../helpers/until.ts';

/** Faster than real time: what is measured goes by the stream's own time. */
const SOURCES = ['testsrc2=size=160x90:rate=25', 'sine=frequency=440:sample_rate=44100'].flatMap(
  (source) => ['-readrate', '20', '-f', 'lavfi', '-i', source],
);
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-threads', '1'];
const GOOD = [...X264, '-g', '25', '-bf', '0'];
const AAC = ['-c:a', 'aac', '-ac', '1'];
/** How long the stream is watched, µs of its time. */
const LENGTH = 35_000_000;

/** Publishes by ffmpeg; answers what `stat` says of it after a while. */
async function publish(t: TestContext, args: readonly string[]): Promise<StatStream> {
  const server = await startTestGateway(t);
  const ffmpeg = start(t, 'ffmpeg', [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error', ...SOURCES, ...args],
    ...['-f', 'flv', `${server.rtmp}/lesson`],
  ]);
  await until(() => (server.gateway.hub.find('lesson')?.now ?? 0) > LENGTH, 30_000);
  const headers = { accept: 'application/json' };
  const response = await fetch(`${server.http}/stat/channel`, { headers });
  const { live } = (await response.json()) as StatReport;
  await ffmpeg.stop();
  return live![0]!;
}

suite('what ffmpeg does to a class', () => {
  test('a stream with good settings is not warned of', async (t) => {
    const { warnings, video, audio } = await publish(t, [...GOOD, ...AAC]);
    assert.deepEqual(warnings, []);
    assert.equal(video?.keyFrameInterval, 1);
    assert.ok(Math.abs(audio!.drift!) < 20, `${audio?.drift} ms a minute`);
  });

  test('its own settings: key frames ten seconds apart, and B-frames', async (t) => {
    const { warnings, video } = await publish(t, [...X264, '-bf', '2', '-b_strategy', '0', ...AAC]);
    assert.deepEqual(warnings, ['key_frames', 'b_frames']);
    assert.equal(video?.keyFrameInterval, 10);
  });

  test('frames left out, sound left out', async (t) => {
    const { warnings, audio } = await publish(t, [
      ...['-vf', "select='lt(mod(n,7),4)'", '-vsync', 'vfr', ...GOOD],
      ...['-af', "aselect='not(between(mod(t,10),3,4))'", ...AAC],
    ]);
    assert.deepEqual(warnings, ['variable_frame_rate', 'audio_gaps']);
    assert.ok(audio!.gaps >= 3);
  });

  test('sound whose clock is wrong', async (t) => {
    const drift = ['-bsf:a', 'setts=pts=PTS*1.02:dts=DTS*1.02'];
    const { warnings, audio } = await publish(t, [...GOOD, ...AAC, ...drift]);
    assert.deepEqual(warnings, ['audio_drift']);
    assert.ok(Math.abs(audio!.drift! - 1176) < 50, `${audio?.drift} ms a minute`);
  });
});
