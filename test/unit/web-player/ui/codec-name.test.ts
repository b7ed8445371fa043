import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codecName } from '../../../../web-player/src/ui/codec-name.ts';

test('codecs are called the same whichever transport names them', () => {
  const names = {
    'H.264': ['H264', 'avc1.64001f', 'avc3.42E01E', 'h264'],
    'H.265': ['H265', 'hvc1.1.6.L93.B0', 'hev1.1.6.L93.B0', 'hevc'],
    AV1: ['AV1', 'av01.0.04M.08'],
    VP8: ['VP8', 'vp08.00.10.08'],
    VP9: ['VP9', 'vp09.00.10.08'],
    AAC: ['mp4a.40.2', 'mp4a.40.29', 'aac'],
    MP3: ['mp3', 'mp4a.40.34', 'mp4a.6B'],
    Opus: ['opus', 'Opus'],
    FLAC: ['fLaC', 'flac'],
    'AC-3': ['ac-3'],
    'E-AC-3': ['ec-3'],
  };
  for (const [title, all] of Object.entries(names)) {
    for (const name of all) assert.equal(codecName(name), title, name);
  }
});

test('a codec that is not known stays as it is', () => {
  assert.deepEqual(['Speex', 'nellymoser', ''].map(codecName), ['Speex', 'nellymoser', '']);
});
