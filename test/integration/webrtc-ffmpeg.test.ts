import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AudioPacket } from '../../shared/media.ts';
import { opusPacketSamples } from '../../shared/codecs/opus.ts';
import { parseAudioTag } from '../../shared/flv/audio-tag.ts';
import { FlvDemuxer } from '../../shared/flv/demuxer.ts';
import { AvcDepacketizer } from '../../gateway/protocols/rtp/avc-depacketizer.ts';
import { AudioTranscoder } from '../../gateway/servers/webrtc/audio-transcoder.ts';
import { OpusToAac } from '../../gateway/servers/webrtc/opus-to-aac.ts';
import { SoundPauses } from '../../gateway/servers/webrtc/sound-pauses.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { publishLesson } from '../helpers/lesson.ts';
import type { Scope } from '../helpers/scope.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';
import { connectWebRtc, type ReceivedRtp } from '../helpers/webrtc-client.ts';

const VIDEO = 102;
const AUDIO = 111;

/** Frames of AAC in stereo, configuration first, some seconds of a tone. */
const soundOf = async (scope: Scope, seconds: number): Promise<AudioPacket[]> => {
  const file = join(await tempDir(scope), 'stereo.flv');
  const tone = `sine=sample_rate=48000:duration=${seconds}`;
  const args = ['-f', 'lavfi', '-i', tone, '-c:a', 'aac', '-b:a', '32k', '-ac', '2', file];
  assert.equal(spawnSync('ffmpeg', args).status, 0);
  return [...new FlvDemuxer().push(await readFile(file))].flatMap(({ type, timestamp, body }) => {
    const [tag] = type === 'audio' ? parseAudioTag(body) : [];
    if (tag?.kind !== 'frame' && tag?.kind !== 'config') return [];
    const role = tag.kind === 'config' ? ('config' as const) : ('key' as const);
    const pts = timestamp * 1000;
    const { codec, payload } = tag;
    return [{ kind: 'audio' as const, track: 0, role, codec, dts: pts, pts, payload, body }];
  });
};

for (const codec of ['aac', 'mp3'] as const) {
  test(`${codec} becomes Opus whose time runs on with the stream's`, async (t) => {
    const gateway = await startTestGateway(t);
    await publishLesson(t, gateway, { video: 'h264', audio: codec });
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

test('a packet of Opus comes as soon as all of its sound is there', async (t) => {
  const frames = await soundOf(t, 2);
  const got: { readonly packet: Buffer; readonly pts: number }[] = [];
  const transcoder = new AudioTranscoder('ffmpeg', {
    onOpus: (packet, pts) => got.push({ packet, pts }),
    onDied: (words) => assert.fail(words),
  });
  t.after(() => transcoder.stop());
  for (const frame of frames) {
    transcoder.push(frame);
    if (frame.role === 'config' || frame.pts === 0) continue;
    // Up to where this frame reaches, but for what the encoder looks ahead, a packet that is not full
    // yet, and what the resampler and the whole milliseconds of FLV take.
    const reached = frame.pts + 21_333 - 2_500 - 10_000 - 3_000;
    await until(() => got.length > 0 && got.at(-1)!.pts + 10_000 > reached, 20_000);
  }
  assert.ok(got.length > 180);
  for (const [index, { packet, pts }] of got.entries()) {
    assert.equal(opusPacketSamples(packet), 480);
    assert.equal(pts, index * 10_000 - 2_500);
  }
});

test('sound whose time steps back a little is not filled up from the stream’s beginning', async (t) => {
  const frames = await soundOf(t, 4);
  const times: number[] = [];
  const transcoder = new AudioTranscoder('ffmpeg', {
    onOpus: (_packet, pts) => times.push(pts),
    onDied: (words) => assert.fail(words),
  });
  t.after(() => transcoder.stop());
  const push = (round: number): void => {
    // The next round begins 10 ms before the last frame ends.
    const from = round * (frames.at(-1)!.pts + 11_000);
    for (const frame of frames) {
      if (frame.role === 'config' && round > 0) continue;
      transcoder.push({ ...frame, dts: from + frame.dts, pts: from + frame.pts });
    }
  };
  push(0);
  push(1);
  await until(() => (times.at(-1) ?? 0) > 7_800_000, 20_000);
  assert.ok(times.length < 820, `${times.length} packets of 10 ms for 8 s`);
});

test('a pause of the sound is not filled: what follows it comes at once, with its time', async (t) => {
  const frames = await soundOf(t, 1);
  const times: number[] = [];
  const transcoder = new AudioTranscoder('ffmpeg', {
    onOpus: (_packet, pts) => times.push(pts),
    onDied: (words) => assert.fail(words),
  });
  t.after(() => transcoder.stop());
  for (const from of [0, 60_000_000, 3_600_000_000]) {
    const before = times.length;
    for (const frame of frames) {
      if (frame.role === 'config' && from > 0) continue;
      transcoder.push({ ...frame, dts: from + frame.dts, pts: from + frame.pts });
    }
    await until(() => (times.at(-1) ?? 0) > from + 900_000, 20_000);
    const sound = times.slice(before);
    assert.ok(sound.length <= 105, `${sound.length} packets of 10 ms for 1 s`);
    assert.ok(Math.abs(sound[0]! - from) < 15_000, `${sound[0]! - from} µs`);
    for (let at = 1; at < sound.length; at++) assert.equal(sound[at]! - sound[at - 1]!, 10_000);
  }
});

test('a pause of a WHIP publisher’s sound is not filled either', async (t) => {
  const bytes = 240;
  const encoded = spawnSync('ffmpeg', [
    ...['-f', 'lavfi', '-i', 'sine=sample_rate=48000:duration=1', '-map', '0:a', '-ac', '2'],
    ...['-c:a', 'libopus', '-vbr', 'off', '-b:a', '96k', '-f', 'data', 'pipe:1'],
  ]).stdout;
  const times: number[] = [];
  const encoder = new OpusToAac('ffmpeg', {
    onTag: (body, ms) => {
      if (body[1] !== 0) times.push(ms);
    },
    onDied: (words) => assert.fail(words),
  });
  t.after(() => encoder.stop());
  for (const from of [0, 60_000, 3_600_000]) {
    const before = times.length;
    for (let at = 0; (at + 1) * bytes <= encoded.length; at++) {
      encoder.push(encoded.subarray(at * bytes, (at + 1) * bytes), from + at * 20);
    }
    await until(() => (times.at(-1) ?? 0) > from + 900, 20_000);
    const sound = times.slice(before);
    assert.ok(sound.length <= 50, `${sound.length} frames of 21 ms for 1 s`);
    assert.ok(Math.abs(sound[0]! - from) < 50, `${sound[0]! - from} ms`);
  }
});

test('a pause of a WHIP publisher’s sound beside its picture is silence for all others', async (t) => {
  const bytes = 240;
  const encoded = spawnSync('ffmpeg', [
    ...['-f', 'lavfi', '-i', 'sine=sample_rate=48000:duration=1', '-map', '0:a', '-ac', '2'],
    ...['-c:a', 'libopus', '-vbr', 'off', '-b:a', '96k', '-f', 'data', 'pipe:1'],
  ]).stdout;
  const frames: { readonly ms: number; readonly bytes: number }[] = [];
  const encoder = new OpusToAac('ffmpeg', {
    onTag: (body, ms) => {
      if (body[1] !== 0) frames.push({ ms, bytes: body.length });
    },
    onDied: (words) => assert.fail(words),
  });
  t.after(() => encoder.stop());
  const pauses = new SoundPauses((packet, ms) => encoder.push(packet, ms));
  for (let ms = 0; ms < 4_000; ms += 20) {
    const at = (ms % 1_000) / 20;
    const hasSound = ms < 1_000 || ms >= 3_000;
    if (hasSound) pauses.sound(encoded.subarray(at * bytes, (at + 1) * bytes), ms, ms);
    if (ms % 40 === 0) pauses.picture(ms, ms);
  }
  await until(() => (frames.at(-1)?.ms ?? 0) > 3_900, 20_000);
  for (let at = 1; at < frames.length; at++) {
    const step = frames[at]!.ms - frames[at - 1]!.ms;
    assert.ok(step >= 20 && step <= 23, `${step} ms at ${frames[at]!.ms}`);
  }
  const loud = frames.filter(({ ms }) => ms < 900);
  const silent = frames.filter(({ ms }) => ms > 1_100 && ms < 2_900);
  assert.ok(
    Math.max(...silent.map((one) => one.bytes)) < Math.min(...loud.map((one) => one.bytes)),
  );
});

test('the encoder of sound runs only while somebody listens', async (t) => {
  const gateway = await startTestGateway(t);
  await publishLesson(t, gateway, { video: 'none', audio: 'aac' });
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
  await publishLesson(t, gateway, { video: 'bframes', audio: 'none' });
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
  await publishLesson(t, gateway, { video: 'bframes', audio: 'none' });
  await assert.rejects(
    connectWebRtc(t, { url: `${gateway.http}/live/lesson/whep` }),
    /^Error: 406: .*"code":"b_frames".*bframes=0/,
  );
});
