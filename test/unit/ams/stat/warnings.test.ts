import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { WarningFacts } from '../../../../gateway/ams/stat/warnings.ts';
import { warningsOf } from '../../../../gateway/ams/stat/warnings.ts';
import { warningWords } from '../../../../shared/warning-words.js';

const good: WarningFacts = {
  time: 60_000,
  video: {
    ...{ codec: 'h264', profile: null, width: 640, height: 360, frameRate: 25 },
    ...{ keyFrameInterval: 2, bFrames: false, variableFrameRate: false },
  },
  audio: { codec: 'aac', profile: null, sampleRate: 48_000, channels: 2, gaps: 0, drift: 0 },
  encoder: {
    ...{ keyFrameInterval: 2, keyFrameWait: 2.04, bFrames: false, variableFrameRate: false },
    ...{ gaps: 3, gapsOfLate: false, drift: 20 },
  },
  browser: false,
};
const spoilt = {
  ...{ keyFrameInterval: 1, keyFrameWait: 4, bFrames: true, variableFrameRate: true },
  ...{ gaps: 3, gapsOfLate: true, drift: -400 },
};

suite('warnings', () => {
  test('are none for a good stream', () => assert.deepEqual(warningsOf(good), []));

  test('name all that is wrong with an encoder', () => {
    assert.deepEqual(warningsOf({ ...good, encoder: spoilt }), [
      'key_frames',
      'b_frames',
      'variable_frame_rate',
      'audio_gaps',
      'audio_drift',
    ]);
  });

  test('spare a browser what nobody can set there', () => {
    assert.deepEqual(warningsOf({ ...good, encoder: spoilt, browser: true }), []);
  });

  test('name H.265, and missing sound after the first seconds', () => {
    const video = { ...good.video!, codec: 'hevc' };
    assert.deepEqual(warningsOf({ ...good, video }), ['hevc']);
    assert.deepEqual(warningsOf({ ...good, audio: null }), ['no_sound']);
    assert.deepEqual(warningsOf({ ...good, audio: null, time: 1000 }), []);
    assert.deepEqual(warningsOf({ ...good, audio: null, video: null }), [], 'nothing came yet');
  });

  test('have words in both languages', () => {
    assert.deepEqual(Object.keys(warningWords.en), Object.keys(warningWords.zh));
  });
});
