import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Stream } from '../../gateway/live/stream.ts';
import { HlsStream } from '../../gateway/servers/hls/hls-stream.ts';
import type { MediaPacket } from '../../shared/media.ts';
import { AAC, X264, encode, type EncodeOptions } from '../helpers/encoded-media.ts';
import { probePackets, type ProbedPacket } from '../helpers/ffprobe.ts';
import { run } from '../helpers/processes.ts';
import type { Scope } from '../helpers/scope.ts';
import { tempDir } from '../helpers/temp-dir.ts';

/** Real encoders' streams through the muxers, read back by ffmpeg. */

const OPUS = ['-c:a', 'libopus', '-b:a', '64k'];
const X265 = [
  ...['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
  ...['-x265-params', 'log-level=none:keyint=25:min-keyint=25:scenecut=0:bframes=2:pools=1'],
];
const SVT_AV1 = ['-c:v', 'libsvtav1', '-preset', '12', '-g', '25', '-svtav1-params', 'lp=1'];
const VP9 = [
  ...['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8'],
  ...['-g', '25', '-pix_fmt', 'yuv420p', '-threads', '1'],
];
const B_FRAMES = [...X264.slice(0, -1), '2'];

interface Case extends EncodeOptions {
  readonly name: string;
  readonly container: 'ts' | 'm4s';
  /** As a multivariant playlist names them. */
  readonly codecs: RegExp;
}

const CASES: readonly Case[] = [
  {
    name: 'H.264, AAC',
    video: X264,
    audio: AAC,
    container: 'ts',
    codecs: /^avc1\.\w{6},mp4a\.40\.2$/,
  },
  { name: 'B-frames, AAC', video: B_FRAMES, audio: AAC, container: 'ts', codecs: /^avc1/ },
  {
    ...{ name: 'H.264, MP3', video: X264, audio: ['-c:a', 'libmp3lame'] },
    ...{ container: 'ts', codecs: /^avc1\.\w{6},mp4a\.40\.34$/ },
  },
  {
    ...{ name: 'MP3 of a low rate', audio: ['-c:a', 'libmp3lame'], sampleRate: 22_050 },
    ...{ container: 'ts', codecs: /^mp4a\.40\.34$/ },
  },
  {
    ...{ name: 'H.264, AC-3', video: X264, audio: ['-c:a', 'ac3'] },
    ...{ container: 'ts', codecs: /^avc1\.\w{6},ac-3$/ },
  },
  {
    ...{ name: 'H.264, E-AC-3', video: X264, audio: ['-c:a', 'eac3'] },
    ...{ container: 'ts', codecs: /^avc1\.\w{6},ec-3$/ },
  },
  { name: 'H.264 alone', video: X264, container: 'ts', codecs: /^avc1\.\w{6}$/ },
  { name: 'AAC alone', audio: AAC, container: 'ts', codecs: /^mp4a\.40\.2$/ },
  {
    ...{ name: 'HEVC, AAC', video: X265, audio: AAC },
    ...{ container: 'm4s', codecs: /^hvc1\.1\.6\.L\d+\.[\w.]+,mp4a\.40\.2$/ },
  },
  {
    ...{ name: 'HEVC, AC-3', video: X265, audio: ['-c:a', 'ac3'] },
    ...{ container: 'm4s', codecs: /^hvc1[\w.]+,ac-3$/ },
  },
  {
    ...{ name: 'HEVC, MP3', video: X265, audio: ['-c:a', 'libmp3lame'] },
    ...{ container: 'm4s', codecs: /^hvc1[\w.]+,mp4a\.40\.34$/ },
  },
  {
    ...{ name: 'B-frames, Opus', video: B_FRAMES, audio: OPUS, sampleRate: 48_000 },
    ...{ container: 'm4s', codecs: /^avc1\.\w{6},opus$/ },
  },
  {
    ...{ name: 'AV1, Opus', video: SVT_AV1, audio: OPUS, sampleRate: 48_000 },
    ...{ container: 'm4s', codecs: /^av01\.0\.\d\dM\.08,opus$/ },
  },
  {
    ...{ name: 'VP9, FLAC', video: VP9, audio: ['-c:a', 'flac'] },
    ...{ container: 'm4s', codecs: /^vp09\.00\.\d\d\.08,fLaC$/ },
  },
];

for (const { name, container, codecs, ...options } of CASES) {
  test(`${name}: every frame comes back, as it was, when it was`, async (t) => {
    const { packets, file } = await encode(t, { seconds: 4, ...options });
    const sent = fromZero(packets);
    const { hls, playlist } = await publish(t, sent);
    assert.match(hls.variant('').codecs.join(), codecs);
    const names = hls.playlist!.match(new RegExp(`^run-\\d+\\.${container}$`, 'gm'));
    assert.ok(names && names.length >= 2);

    const source = join(await tempDir(t), 'source.mp4');
    await writeFile(source, file);
    for (const kind of ['video', 'audio'] as const) {
      const frames = sent.filter((each) => each.kind === kind && each.role !== 'config');
      const received = (await probePackets(t, playlist)).filter((each) => each.kind === kind);
      assert.equal(received.length, frames.length, `${kind} frames`);
      assertTimes(received, frames);
      if (frames.length > 0) {
        assert.deepEqual(await decode(t, playlist, kind), await decode(t, source, kind));
      }
    }
    await assertInStep(t, playlist, sent);
  });
}

/** A stream from its beginning to its end, as files that ffmpeg can open. */
async function publish(t: Scope, packets: readonly MediaPacket[]) {
  const stream = new Stream('lesson', () => ({ frames: 1000, bytes: 1e8, duration: 1e9 }));
  stream.begin(0);
  const hls = new HlsStream(stream, {
    settings: () => ({ fragment: 2, playlistLength: 60, maxBytes: 1e9 }),
    run: 'run',
    mediaSequence: 0,
    now: () => 1.7e12,
  });
  for (const packet of packets) stream.push(packet);
  stream.end();
  const dir = join(await tempDir(t), 'hls');
  await mkdir(dir);
  for (const [name] of hls.playlist!.matchAll(/run-[\w-]+\.\w+/g)) {
    await writeFile(join(dir, name), hls.file(name)!.data);
  }
  const playlist = join(dir, 'live.m3u8');
  await writeFile(playlist, hls.playlist!);
  return { hls, playlist };
}

/** The packets with times from 0 on: ffmpeg's begin before 0 where there are B-frames or priming. */
function fromZero(packets: readonly MediaPacket[]): MediaPacket[] {
  const first = Math.min(...packets.map(({ dts }) => dts));
  return packets.map((packet) =>
    packet.role === 'config'
      ? packet
      : { ...packet, dts: packet.dts - first, pts: packet.pts - first },
  );
}

/**
 * Presentation times agree, to the ms that they are rounded to. Not those of the first frames:
 * ffmpeg's HLS reader gives the first two frames of the first PES packet the same time when there
 * is no video, whoever wrote them (its own muxer too).
 */
function assertTimes(received: readonly ProbedPacket[], sent: readonly MediaPacket[]): void {
  const last = received.length - 1;
  for (const [index, { pts }] of received.entries()) {
    if (index < 10) continue;
    const before = received[last]!.pts - pts;
    const due = (sent[last]!.pts - sent[index]!.pts) / 1000;
    assert.ok(Math.abs(before - due) <= 2, `frame ${index}: ${before} ms to the last, not ${due}`);
  }
}

/** Picture and sound are as far apart as they were sent. */
async function assertInStep(
  t: Scope,
  playlist: string,
  sent: readonly MediaPacket[],
): Promise<void> {
  const received = await probePackets(t, playlist);
  const first = (packets: readonly { kind: string; pts: number }[], kind: string) =>
    packets.find((each) => each.kind === kind)?.pts;
  const frames = sent
    .filter(({ role }) => role !== 'config')
    .map(({ kind, pts }) => ({ kind, pts: pts / 1000 }));
  const [video, audio] = [first(received, 'video'), first(received, 'audio')];
  if (video === undefined || audio === undefined) return;
  const due = first(frames, 'video')! - first(frames, 'audio')!;
  assert.ok(Math.abs(video - audio - due) <= 2, `${video - audio} ms apart, not ${due}`);
}

/** Hashes of all decoded frames; a decoder's first complaint ends it. */
async function decode(t: Scope, source: string, kind: 'video' | 'audio'): Promise<string[]> {
  const args = ['-v', 'error', '-xerror', '-i', source, '-map', `0:${kind[0]}`];
  if (kind === 'audio') args.push('-af', 'asetpts=N');
  args.push('-vsync', 'passthrough', '-f', 'framehash', '-hash', 'md5', '-');
  const text = await run(t, 'ffmpeg', args);
  const lines = text.split('\n').filter((line) => line && !line.startsWith('#'));
  return lines.map((line) => line.split(',').at(-1)!.trim());
}
