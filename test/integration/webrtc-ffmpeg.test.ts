import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { opusPacketSamples } from '../../shared/codecs/opus.ts';
import { parseAudioTag } from '../../shared/flv/audio-tag.ts';
import { FlvDemuxer } from '../../shared/flv/demuxer.ts';
import { AvcDepacketizer } from '../../gateway/protocols/rtp/avc-depacketizer.ts';
import { AudioTranscoder } from '../../gateway/servers/webrtc/audio-transcoder.ts';
import { makeSample, publishFile } from '../helpers/ffmpeg.ts';
import { startTestGateway, type TestGateway } from '../helpers/gateway.ts';
import type { Scope } from '../helpers/scope.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';
import { connectWebRtc, type ReceivedRtp } from '../helpers/webrtc-client.ts';

const VIDEO = 102;
const AUDIO = 111;

const publish = async (
  scope: Scope,
  gateway: TestGateway,
  video: 'h264' | 'bframes' | 'none',
  audio: 'aac' | 'mp3' | 'none',
): Promise<void> => {
  const file = await makeSample(scope, await tempDir(scope), { video, audio, seconds: 6 });
  publishFile(scope, file, `${gateway.rtmp}/lesson`, { pace: 1, loop: -1 });
  await until(() => gateway.gateway.hub.find('lesson')?.ready === true, 20_000);
};

for (const codec of ['aac', 'mp3'] as const) {
  test(`${codec} becomes Opus whose time runs on with the stream's`, async (t) => {
    const gateway = await startTestGateway(t);
    await publish(t, gateway, 'h264', codec);
    const packets: ReceivedRtp[] = [];
    const client = await connectWebRtc(t, {
      url: `${gateway.http}/live/lesson/whep`,
      onRtp: (packet) => packets.push(packet),
    });
    await client.connected;
    const audio = (): ReceivedRtp[] => packets.filter(({ payloadType }) => payloadType === AUDIO);
    await until(() => audio().length >= 60, 20_000);
    const sound = audio().slice(0, 60);
    for (const [index, packet] of sound.entries()) {
      assert.equal(opusPacketSamples(packet.payload), 960);
      if (index > 0) assert.equal(packet.timestamp - sound[index - 1]!.timestamp, 960);
    }
    assert.ok(packets.some(({ payloadType }) => payloadType === VIDEO));
  });
}

test('sound whose time steps back a little is not filled up from the stream’s beginning', async (t) => {
  const file = join(await tempDir(t), 'stereo.flv');
  const tone = 'sine=sample_rate=48000:duration=4';
  const args = ['-f', 'lavfi', '-i', tone, '-c:a', 'aac', '-b:a', '32k', '-ac', '2', file];
  assert.equal(spawnSync('ffmpeg', args).status, 0);
  const tags = [...new FlvDemuxer().push(await readFile(file))].filter(
    ({ type }) => type === 'audio',
  );
  const times: number[] = [];
  const transcoder = new AudioTranscoder('ffmpeg', {
    onOpus: (_packet, pts) => times.push(pts),
    onDied: (words) => assert.fail(words),
  });
  t.after(() => transcoder.stop());
  const push = (round: number): void => {
    for (const { timestamp, body } of tags) {
      const [tag] = parseAudioTag(body);
      if (tag?.kind !== 'frame' && tag?.kind !== 'config') continue;
      if (tag.kind === 'config' && round > 0) continue;
      // The next round begins 10 ms before the last frame ends.
      const pts = (round * (tags.at(-1)!.timestamp + 11) + timestamp) * 1000;
      const role = tag.kind === 'config' ? 'config' : 'key';
      const { codec, payload } = tag;
      transcoder.push({ kind: 'audio', track: 0, role, codec, dts: pts, pts, payload, body });
    }
  };
  push(0);
  push(1);
  await until(() => (times.at(-1) ?? 0) > 7_800_000, 20_000);
  assert.ok(times.length < 820, `${times.length} packets of 10 ms for 8 s`);
});

test('the encoder of sound runs only while somebody listens', async (t) => {
  const gateway = await startTestGateway(t);
  await publish(t, gateway, 'none', 'aac');
  let received = 0;
  const client = await connectWebRtc(t, {
    url: `${gateway.http}/live/lesson/whep`,
    onRtp: () => received++,
  });
  await client.connected;
  await until(() => received >= 10, 20_000);
  const children = (): number =>
    process.getActiveResourcesInfo().filter((one) => one === 'ProcessWrap').length;
  const before = children();
  await fetch(client.resource, { method: 'DELETE', headers: { connection: 'close' } });
  await until(() => children() === before - 1);
});

test('B-frames are removed: pictures come in the order in which they are shown', async (t) => {
  const gateway = await startTestGateway(t, { webrtc_max_transcodes: 1 });
  await publish(t, gateway, 'bframes', 'none');
  const packets: ReceivedRtp[] = [];
  const client = await connectWebRtc(t, {
    url: `${gateway.http}/live/lesson/whep`,
    media: ['video'],
    onRtp: (packet) => packets.push(packet),
  });
  await client.connected;
  const times = (): number[] => [...new Set(packets.map(({ timestamp }) => timestamp))];
  await until(() => times().length >= 75, 30_000);
  const all = times();
  for (let index = 1; index < all.length; index++) assert.ok(all[index]! > all[index - 1]!);
  const depacketizer = new AvcDepacketizer();
  const units = packets
    .filter(({ payloadType }) => payloadType === VIDEO)
    .flatMap(({ payload, marker }) => depacketizer.push(payload, marker) ?? []);
  assert.equal(units[0]!.key, true);
  assert.ok(units[0]!.sps !== undefined);
  await gateway.logged(/has B-frames; WebRTC viewers .* encoded anew\..*bframes=0/);
});

test('without a free encoder a stream with B-frames is answered with that code', async (t) => {
  const gateway = await startTestGateway(t, { webrtc_max_transcodes: 0 });
  await publish(t, gateway, 'bframes', 'none');
  await assert.rejects(
    connectWebRtc(t, { url: `${gateway.http}/live/lesson/whep` }),
    /^Error: 406: .*"code":"b_frames".*bframes=0/,
  );
});
