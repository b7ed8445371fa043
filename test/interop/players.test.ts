/** Players that people have: rtmpdump's library, which many players are built on, and VLC. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeSample, publishFile } from '../helpers/ffmpeg.ts';
import { probePackets, type ProbedPacket } from '../helpers/ffprobe.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { rtmpdump } from '../helpers/rtmpdump.ts';
import { assertSamePackets } from '../helpers/same-packets.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { vlcMissing, vlcToFile } from '../helpers/vlc.ts';

const noRtmpdump = existsSync('/usr/bin/rtmpdump') ? false : 'rtmpdump is not installed';

void test(
  'rtmpdump saves every packet, and ends with the stream',
  { skip: noRtmpdump },
  async (t) => {
    const server = await startTestGateway(t);
    const dir = await tempDir(t);
    const sample = await makeSample(t, dir, { video: 'bframes' });
    const sent = await probePackets(t, sample);
    const saved = join(dir, 'saved.flv');
    const player = rtmpdump(t, `${server.rtmp}/lesson`, saved);
    await server.players(1, 'lesson');
    await publishFile(t, sample, `${server.rtmp}/lesson`).success();
    await player.success();
    assertSamePackets(await probePackets(t, saved), sent);
  },
);

const noVlc = vlcMissing() ?? false;

for (const way of ['RTMP', 'HTTP-FLV'] as const) {
  void test(`VLC plays ${way}`, { skip: noVlc }, async (t) => {
    const server = await startTestGateway(t);
    const dir = await tempDir(t);
    const sample = await makeSample(t, dir);
    const sent = await probePackets(t, sample);
    const url = way === 'RTMP' ? `${server.rtmp}/lesson` : `${server.http}/live/lesson.flv`;
    const saved = join(dir, 'vlc.ts');
    const player = vlcToFile(t, url, dir, saved);
    await server.players(1, 'lesson');
    await publishFile(t, sample, `${server.rtmp}/lesson`, { pace: 2 }).success();
    await player.success();
    // VLC throws away what is still in its own buffers when a stream ends: a few packets.
    assertShare(await probePackets(t, saved), sent, 0.9);
  });
}

void test('VLC plays HLS, to the end of the stream', { skip: noVlc }, async (t) => {
  const server = await startTestGateway(t);
  const dir = await tempDir(t);
  const sample = await makeSample(t, dir, { seconds: 8, gopSeconds: 2 });
  const sent = await probePackets(t, sample);
  const publisher = publishFile(t, sample, `${server.rtmp}/lesson`, { pace: 1 });
  await server.ready('lesson');
  const saved = join(dir, 'vlc.ts');
  const player = vlcToFile(t, `${server.http}/lesson/index.m3u8`, dir, saved);
  await publisher.success();
  await player.success(30_000);
  assertShare(await probePackets(t, saved), sent, 0.5);
});

/** Fails unless at least this share of the pictures and of the sound was received. */
function assertShare(
  received: readonly ProbedPacket[],
  sent: readonly ProbedPacket[],
  share: number,
): void {
  for (const kind of ['video', 'audio'] as const) {
    const got = received.filter((packet) => packet.kind === kind).length;
    const due = sent.filter((packet) => packet.kind === kind).length;
    assert.ok(got >= due * share && got <= due, `${kind}: ${got} of ${due} packets`);
  }
}
