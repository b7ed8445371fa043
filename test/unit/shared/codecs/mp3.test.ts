import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMpegAudioHeader } from '../../../../shared/codecs/mp3.ts';
import { hex } from '../../../helpers/hex.ts';
import { MP3 } from './samples.ts';

test('frames of LAME in MPEG-1, MPEG-2 and MPEG-2.5', () => {
  assert.deepEqual(parseMpegAudioHeader(MP3.stereo44), {
    version: '1',
    layer: 3,
    sampleRate: 44100,
    channels: 2,
    bitrate: 128000,
    samples: 1152,
    frameSize: 417,
  });
  assert.deepEqual(parseMpegAudioHeader(MP3.mono16), {
    version: '2',
    layer: 3,
    sampleRate: 16000,
    channels: 1,
    bitrate: 32000,
    samples: 576,
    frameSize: 144,
  });
  const { version, sampleRate, bitrate, frameSize } = parseMpegAudioHeader(MP3.mono8);
  assert.deepEqual([version, sampleRate, bitrate, frameSize], ['2.5', 8000, 16000, 144]);
});

test('padding adds a byte, or a slot of four in layer I', () => {
  assert.equal(parseMpegAudioHeader(hex('fffb9264')).frameSize, 418);
  const layer1 = parseMpegAudioHeader(hex('ffff c2 00'));
  assert.deepEqual([layer1.layer, layer1.samples, layer1.bitrate], [1, 384, 384000]);
  assert.equal(layer1.frameSize, (Math.floor((12 * 384000) / 44100) + 1) * 4);
  assert.equal(parseMpegAudioHeader(hex('fffd a4 c0')).layer, 2);
});

test('a header inside a buffer', () => {
  assert.equal(parseMpegAudioHeader(hex('00 fffb9064'), 1).bitrate, 128000);
});

test('what is no header is refused', () => {
  assert.throws(() => parseMpegAudioHeader(hex('fffb90')), { code: 'CODEC_TRUNCATED' });
  assert.throws(() => parseMpegAudioHeader(hex('49443303')), { code: 'CODEC_INVALID' });
  assert.throws(() => parseMpegAudioHeader(hex('ffeb9064')), { code: 'CODEC_INVALID' }, 'version');
  assert.throws(() => parseMpegAudioHeader(hex('fff99064')), { code: 'CODEC_INVALID' }, 'layer');
  assert.throws(() => parseMpegAudioHeader(hex('fffbf064')), { code: 'CODEC_INVALID' }, 'bit rate');
  assert.throws(() => parseMpegAudioHeader(hex('fffb9c64')), { code: 'CODEC_INVALID' }, 'rate');
  assert.throws(() => parseMpegAudioHeader(hex('fffb0064')), { code: 'CODEC_UNSUPPORTED' });
});
