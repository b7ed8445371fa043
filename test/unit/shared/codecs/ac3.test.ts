import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAc3Header } from '../../../../shared/codecs/ac3.ts';
import { hex } from '../../../helpers/hex.ts';
import { AC3 } from './samples.ts';

test('sync frames of AC-3', () => {
  assert.deepEqual(parseAc3Header(AC3.surround48), {
    codec: 'ac3',
    sampleRate: 48000,
    channels: 6,
    samples: 1536,
    frameSize: 1536,
    fscod: 0,
    bsid: 8,
    bsmod: 0,
    acmod: 7,
    lfe: true,
    bitrate: 384000,
  });
  const stereo = parseAc3Header(AC3.stereo44);
  assert.deepEqual(
    [stereo.sampleRate, stereo.channels, stereo.frameSize, stereo.bitrate],
    [44100, 2, 834, 192000],
  );
});

test('at 44.1 kHz an odd size code is a word more', () => {
  const frame = Uint8Array.from(AC3.stereo44);
  frame[4]! |= 1;
  assert.equal(parseAc3Header(frame).frameSize, 836);
});

test('sync frames of E-AC-3', () => {
  const stereo = parseAc3Header(AC3.enhancedStereo);
  assert.deepEqual(
    [stereo.codec, stereo.sampleRate, stereo.channels, stereo.samples, stereo.frameSize],
    ['eac3', 48000, 2, 1536, 384],
  );
  assert.equal(stereo.bitrate, 96000);
  const surround = parseAc3Header(AC3.enhancedSurround);
  assert.deepEqual([surround.channels, surround.lfe, surround.frameSize], [6, true, 1792]);
});

test('E-AC-3 of half the rate and of fewer blocks', () => {
  const half = parseAc3Header(hex('0b77 00bf c4 80 0000'));
  assert.deepEqual([half.sampleRate, half.samples], [24000, 1536]);
  const short = parseAc3Header(hex('0b77 00bf 04 80 0000'));
  assert.deepEqual([short.sampleRate, short.samples], [48000, 256]);
});

test('what is no sync frame is refused', () => {
  assert.throws(() => parseAc3Header(AC3.surround48.subarray(0, 7)), { code: 'CODEC_TRUNCATED' });
  assert.throws(() => parseAc3Header(hex('770b 0000 0040 0000')), { code: 'CODEC_INVALID' });
  assert.throws(
    () => parseAc3Header(hex('0b77 0000 c040 0000')),
    { code: 'CODEC_INVALID' },
    'rate',
  );
  assert.throws(
    () => parseAc3Header(hex('0b77 0000 3f40 0000')),
    { code: 'CODEC_INVALID' },
    'size',
  );
  assert.throws(
    () => parseAc3Header(hex('0b77 0000 00f8 0000')),
    { code: 'CODEC_INVALID' },
    'bsid',
  );
  assert.throws(
    () => parseAc3Header(hex('0b77 0000 f480 0000')),
    { code: 'CODEC_INVALID' },
    'fscod2',
  );
});
