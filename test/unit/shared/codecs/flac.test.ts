import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlacConfig } from '../../../../shared/codecs/flac.ts';
import { FLAC } from './samples.ts';

test('STREAMINFO of ffmpeg', () => {
  const { streamInfo, ...fields } = parseFlacConfig(FLAC.stereo44);
  assert.deepEqual(fields, {
    minBlockSize: 4608,
    maxBlockSize: 4608,
    sampleRate: 44100,
    channels: 2,
    bitsPerSample: 16,
  });
  assert.deepEqual(streamInfo, FLAC.stereo44.subarray(8));
  const mono = parseFlacConfig(FLAC.mono96);
  assert.deepEqual([mono.sampleRate, mono.channels, mono.bitsPerSample], [96000, 1, 24]);
});

test('with marker and header, with header, and bare', () => {
  const whole = parseFlacConfig(FLAC.stereo44);
  assert.deepEqual(parseFlacConfig(FLAC.stereo44.subarray(4)), whole);
  assert.deepEqual(parseFlacConfig(FLAC.stereo44.subarray(8)), whole);
});

test('truncations, another first block and impossible values are refused', () => {
  for (let length = 0; length < FLAC.stereo44.length; length++) {
    assert.throws(() => parseFlacConfig(FLAC.stereo44.subarray(0, length)), {
      code: 'CODEC_TRUNCATED',
    });
  }
  const comment = Uint8Array.from(FLAC.stereo44);
  comment[4] = 4;
  assert.throws(() => parseFlacConfig(comment), { code: 'CODEC_INVALID', message: /type 4/ });
  assert.throws(() => parseFlacConfig(new Uint8Array(34)), {
    code: 'CODEC_INVALID',
    message: /0 Hz/,
  });
});
