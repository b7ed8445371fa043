import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeConfig } from '../../../../shared/codecs/track-info.ts';
import { hex } from '../../../helpers/hex.ts';
import { AAC, AC3, AV1, AVC, FLAC, HEVC, MP3, OPUS, VP8_UNITS, VP9 } from './samples.ts';

test('video tracks', () => {
  assert.deepEqual(describeConfig('h264', AVC.main1080), {
    codec: 'h264',
    codecString: 'avc1.4d4028',
    profile: 'Main',
    level: '4.0',
    width: 1920,
    height: 1080,
    frameRate: 29.97,
    bitDepth: 8,
    mayReorder: true,
  });
  assert.deepEqual(describeConfig('hevc', HEVC.zeroLatency), {
    codec: 'hevc',
    codecString: 'hvc1.1.6.L60.90',
    profile: 'Main',
    level: '2.0',
    width: 320,
    height: 180,
    frameRate: 25,
    bitDepth: 8,
    mayReorder: false,
  });
  assert.deepEqual(describeConfig('av1', AV1.aom10), {
    codec: 'av1',
    codecString: 'av01.0.00M.10',
    profile: 'Main',
    level: '2.0',
    width: 322,
    height: 182,
    bitDepth: 10,
    mayReorder: false,
  });
  assert.deepEqual(describeConfig('vp9', VP9.profile2), {
    codec: 'vp9',
    codecString: 'vp09.02.11.10',
    profile: 'Profile 2',
    level: '1.1',
    bitDepth: 10,
    mayReorder: false,
  });
  assert.equal(describeConfig('vp8', VP8_UNITS.key).width, 66);
});

test('audio tracks', () => {
  assert.deepEqual(describeConfig('aac', AAC.mono44), {
    codec: 'aac',
    codecString: 'mp4a.40.2',
    profile: 'LC',
    sampleRate: 44100,
    channels: 1,
  });
  const heAac = describeConfig('aac', hex('eb8a0800'));
  assert.deepEqual([heAac.profile, heAac.sampleRate, heAac.channels], ['HE-AACv2', 44100, 2]);
  assert.equal(describeConfig('aac', hex('2b920800')).profile, 'HE-AAC');
  assert.deepEqual(describeConfig('opus', OPUS.head), {
    codec: 'opus',
    codecString: 'opus',
    sampleRate: 48000,
    channels: 2,
  });
  assert.equal(describeConfig('mp3', MP3.mono16).sampleRate, 16000);
  assert.equal(describeConfig('ac3', AC3.surround48).channels, 6);
  assert.equal(describeConfig('eac3', AC3.enhancedStereo).codecString, 'ec-3');
  assert.equal(describeConfig('flac', FLAC.mono96).bitDepth, 24);
});

test('names of H.264 profiles and of level 1b', () => {
  const profile = (name: keyof typeof AVC) => describeConfig('h264', AVC[name]).profile;
  assert.equal(profile('baseline'), 'Constrained Baseline');
  assert.equal(profile('high10'), 'High 10');
  assert.equal(profile('high444'), 'High 4:4:4 Predictive');
  const record = Uint8Array.from(AVC.baseline);
  record.set([66, 0x10, 11], 1);
  const { profile: plain, level } = describeConfig('h264', record);
  assert.deepEqual([plain, level], ['Baseline', '1b']);
});

test('a broken SPS leaves what the record itself tells', () => {
  const record = Uint8Array.from(AVC.high);
  record.fill(0, 12, 34);
  assert.deepEqual(describeConfig('h264', record), {
    codec: 'h264',
    codecString: 'avc1.64000c',
    profile: 'High',
    level: '1.2',
  });
  assert.equal(describeConfig('av1', AV1.svt.subarray(0, 8)).level, '2.0');
});

test('garbage leaves the codec alone', () => {
  assert.deepEqual(describeConfig('h264', hex('00ff')), { codec: 'h264' });
  assert.deepEqual(describeConfig('aac', new Uint8Array(0)), { codec: 'aac' });
  assert.deepEqual(describeConfig('speex', hex('00')), { codec: 'speex' });
  assert.deepEqual(describeConfig('mp3', hex('00')), { codec: 'mp3', codecString: 'mp4a.40.34' });
});
