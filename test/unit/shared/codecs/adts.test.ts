import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAdtsHeader, writeAdtsHeader } from '../../../../shared/codecs/adts.ts';
import { hex } from '../../../helpers/hex.ts';
import { ADTS } from './samples.ts';

test('headers of ffmpeg', () => {
  assert.deepEqual(parseAdtsHeader(ADTS.stereo44), {
    objectType: 2,
    sampleRate: 44100,
    channelConfiguration: 2,
    headerSize: 7,
    frameSize: 345,
  });
  const { sampleRate, frameSize } = parseAdtsHeader(ADTS.stereo22);
  assert.deepEqual([sampleRate, frameSize], [22050, 624]);
});

test('a header inside a buffer, with a CRC', () => {
  assert.deepEqual(parseAdtsHeader(hex('0000 fff0 4d 01 80 1f fc 1234'), 2), {
    objectType: 2,
    sampleRate: 48000,
    channelConfiguration: 4,
    headerSize: 9,
    frameSize: 3072,
  });
});

test('what is no header is refused', () => {
  assert.throws(() => parseAdtsHeader(hex('fff1508001')), { code: 'CODEC_TRUNCATED' });
  assert.throws(() => parseAdtsHeader(hex('fffb508002bffc')), { code: 'CODEC_INVALID' });
  assert.throws(() => parseAdtsHeader(hex('fff1748002bffc')), { code: 'CODEC_INVALID' });
  assert.throws(() => parseAdtsHeader(hex('fff15080001ffc')), { code: 'CODEC_INVALID' });
  assert.throws(() => parseAdtsHeader(hex('fff150802b3ffd')), { code: 'CODEC_UNSUPPORTED' });
});

test('a written header equals what ffmpeg wrote', () => {
  const target = new Uint8Array(9);
  const format = { objectType: 2, sampleRate: 44100, channelConfiguration: 2 };
  assert.equal(writeAdtsHeader(target, 1, format, 345 - 7), 8);
  assert.deepEqual(target.subarray(1, 8), ADTS.stereo44.subarray(0, 7));
});

test('what is written is read back; what cannot be expressed is refused', () => {
  const target = new Uint8Array(7);
  const format = { objectType: 4, sampleRate: 8000, channelConfiguration: 7 };
  writeAdtsHeader(target, 0, format, 8184);
  assert.deepEqual(parseAdtsHeader(target), { ...format, headerSize: 7, frameSize: 8191 });
  const refused = { code: 'CODEC_UNSUPPORTED' };
  assert.throws(() => writeAdtsHeader(target, 0, format, 8185), refused);
  assert.throws(() => writeAdtsHeader(target, 0, { ...format, objectType: 5 }, 1), refused);
  assert.throws(() => writeAdtsHeader(target, 0, { ...format, sampleRate: 44000 }, 1), refused);
  assert.throws(
    () => writeAdtsHeader(target, 0, { ...format, channelConfiguration: 8 }, 1),
    refused,
  );
});
