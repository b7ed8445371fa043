import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { buildOpusConfig } from '../../../../shared/codecs/opus.ts';
import { OpusTsReader } from '../../../../gateway/protocols/opus/ts-reader.ts';
import { webmHeader, webmPacket } from '../../../../gateway/protocols/opus/webm-writer.ts';

const ffmpeg = (args: readonly string[], input?: Buffer): Buffer => {
  const result = spawnSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...args], {
    input,
    maxBuffer: 16 * 1024 * 1024,
  });
  assert.equal(result.status, 0, result.stderr.toString());
  return result.stdout;
};

const opusTs = (): Buffer =>
  ffmpeg([
    ...['-f', 'lavfi', '-i', 'sine=440:r=48000:d=1', '-c:a', 'libopus', '-frame_duration', '20'],
    ...['-f', 'mpegts', '-pes_payload_size', '0', '-output_ts_offset', '10', 'pipe:1'],
  ]);

interface Packet {
  readonly packet: Buffer;
  readonly pts: number;
}

const readAll = (stream: Buffer, step: number): Packet[] => {
  const packets: Packet[] = [];
  const reader = new OpusTsReader(0x100, (packet, pts) => packets.push({ packet, pts }));
  for (let at = 0; at < stream.length; at += step) reader.push(stream.subarray(at, at + step));
  return packets;
};

test('Opus in MPEG-TS, as ffmpeg writes it, however it is cut', () => {
  const stream = opusTs();
  const whole = readAll(stream, stream.length);
  assert.ok(whole.length >= 50);
  for (let index = 1; index < whole.length; index++) {
    assert.equal(whole[index]!.pts - whole[index - 1]!.pts, 1800, '20 ms in 90 kHz');
  }
  for (const step of [1, 100, 188, 1000]) assert.deepEqual(readAll(stream, step), whole);
});

test('garbage between packets is stepped over', () => {
  const reader = new OpusTsReader(0x100, () => assert.fail('no packet is in here'));
  reader.push(Buffer.alloc(5000, 0x47));
  reader.push(Buffer.alloc(5000, 0xff));
});

test('WebM that is written live decodes with its times and gaps', () => {
  const packets = readAll(opusTs(), 4096);
  const first = packets[0]!.pts;
  const head = buildOpusConfig({ channels: 2, preSkip: 0, inputSampleRate: 48000 });
  const webm = Buffer.concat([
    webmHeader(head, 2),
    // A second is left out in the middle.
    ...packets.map(({ packet, pts }, index) =>
      webmPacket(packet, Math.round((pts - first) / 90) + (index < 25 ? 0 : 1000)),
    ),
  ]);
  const result = spawnSync(
    'ffprobe',
    [
      '-v',
      'error',
      '-show_entries',
      'packet=pts_time',
      '-of',
      'csv=p=0',
      '-f',
      'matroska',
      'pipe:0',
    ],
    { input: webm },
  );
  const times = result.stdout.toString().trim().split('\n').map(Number);
  assert.equal(times.length, packets.length);
  assert.equal(times[24], 0.48);
  assert.equal(times[25], 1.5);
});
