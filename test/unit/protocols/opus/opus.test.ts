import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { buildOpusConfig } from '../../../../shared/codecs/opus.ts';
import { webmHeader, webmPacket } from '../../../../gateway/protocols/opus/webm-writer.ts';

const ffmpeg = (args: readonly string[], input?: Buffer): Buffer => {
  const result = spawnSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...args], {
    input,
    maxBuffer: 16 * 1024 * 1024,
  });
  assert.equal(result.status, 0, result.stderr.toString());
  return result.stdout;
};

/** A second of Opus: packets of 20 ms, all of 200 bytes. */
const opusPackets = (): Buffer[] => {
  const bytes = ffmpeg([
    ...['-f', 'lavfi', '-i', 'sine=440:r=48000:d=1', '-map', '0:a', '-c:a', 'libopus'],
    ...['-vbr', 'off', '-b:a', '80k', '-frame_duration', '20', '-f', 'data', 'pipe:1'],
  ]);
  assert.equal(bytes.length % 200, 0);
  return Array.from({ length: bytes.length / 200 }, (_, index) =>
    bytes.subarray(index * 200, (index + 1) * 200),
  );
};

test('WebM that is written live decodes with its times and gaps', () => {
  const packets = opusPackets();
  const head = buildOpusConfig({ channels: 2, preSkip: 0, inputSampleRate: 48000 });
  const webm = Buffer.concat([
    webmHeader(head, 2),
    // A second is left out in the middle.
    ...packets.map((packet, index) => webmPacket(packet, index * 20 + (index < 25 ? 0 : 1000))),
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
