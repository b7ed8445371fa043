import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codecString } from '../../../../shared/codecs/codec-string.ts';
import { hex } from '../../../helpers/hex.ts';
import { AAC, AV1, AVC, HEVC, VP9 } from './samples.ts';

const NONE = new Uint8Array(0);

test('H.264', () => {
  assert.equal(codecString('h264', AVC.high), 'avc1.64000c');
  assert.equal(codecString('h264', AVC.baseline), 'avc1.42c01e');
});

test('HEVC: reversed compatibility flags, constraints without trailing zeros', () => {
  assert.equal(codecString('hevc', HEVC.main1080), 'hvc1.1.6.L120.90');
  assert.equal(codecString('hevc', HEVC.main10), 'hvc1.2.4.L60.90');
  assert.equal(codecString('hevc', HEVC.range444), 'hvc1.4.10.L150.98.8');
  const high = Uint8Array.from(HEVC.main10);
  high[1] = 0x62; // profile space 1, high tier
  high[2] = 0x80; // the first flag becomes the lowest bit, of 32
  high[5] = 0x01; // the last one the highest
  high.fill(0, 6, 12);
  assert.equal(codecString('hevc', high), 'hvc1.A2.80000001.H60');
});

test('AV1', () => {
  assert.equal(codecString('av1', AV1.svt), 'av01.0.00M.08');
  assert.equal(codecString('av1', AV1.aom10), 'av01.0.00M.10');
  assert.equal(codecString('av1', hex('81 4d f6 00')), 'av01.2.13H.12');
});

test('VP9, also where the encoder left the level out', () => {
  assert.equal(codecString('vp9', VP9.profile0), 'vp09.00.11.08');
  assert.equal(codecString('vp9', VP9.profile2), 'vp09.02.11.10');
  assert.equal(codecString('vp9', hex('00 00 82 02 02 02 0000')), 'vp09.00.10.08');
});

test('AAC: the object type, HE-AAC by what it plays', () => {
  assert.equal(codecString('aac', AAC.stereo48), 'mp4a.40.2');
  assert.equal(codecString('aac', hex('2b920800')), 'mp4a.40.5');
  assert.equal(codecString('aac', hex('139056e5a0')), 'mp4a.40.5');
  assert.equal(codecString('aac', hex('eb8a0800')), 'mp4a.40.29');
});

test('codecs that are named without a record', () => {
  assert.equal(codecString('mp3', NONE), 'mp4a.40.34');
  assert.equal(codecString('opus', NONE), 'opus');
  assert.equal(codecString('ac3', NONE), 'ac-3');
  assert.equal(codecString('eac3', NONE), 'ec-3');
  assert.equal(codecString('flac', NONE), 'fLaC');
  assert.equal(codecString('vp8', NONE), 'vp08.00.10.08');
});

test('codecs of Flash have no name there', () => {
  for (const codec of ['h263', 'vp6', 'screen', 'speex', 'nellymoser', 'pcm', 'g711a'] as const) {
    assert.equal(codecString(codec, NONE), undefined);
  }
});

test('a broken record is an error', () => {
  assert.throws(() => codecString('h264', NONE), { code: 'CODEC_TRUNCATED' });
  assert.throws(() => codecString('aac', NONE), { code: 'CODEC_TRUNCATED' });
});
