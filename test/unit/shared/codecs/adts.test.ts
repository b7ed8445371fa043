import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeAdtsHeader } from '../../../../shared/codecs/adts.ts';
import { ADTS } from './samples.ts';

test('a written header equals what ffmpeg wrote', () => {
  const target = new Uint8Array(9);
  const format = { objectType: 2, sampleRate: 44100, channelConfiguration: 2 };
  assert.equal(writeAdtsHeader(target, 1, format, 345 - 7), 8);
  assert.deepEqual(target.subarray(1, 8), ADTS.stereo44.subarray(0, 7));
});

test('what cannot be expressed is refused', () => {
  const target = new Uint8Array(7);
  const format = { objectType: 4, sampleRate: 8000, channelConfiguration: 7 };
  assert.equal(writeAdtsHeader(target, 0, format, 8184), 7);
  const refused = { code: 'CODEC_UNSUPPORTED' };
  assert.throws(() => writeAdtsHeader(target, 0, format, 8185), refused);
  assert.throws(() => writeAdtsHeader(target, 0, { ...format, objectType: 5 }, 1), refused);
  assert.throws(() => writeAdtsHeader(target, 0, { ...format, sampleRate: 44000 }, 1), refused);
  assert.throws(
    () => writeAdtsHeader(target, 0, { ...format, channelConfiguration: 8 }, 1),
    refused,
  );
});
