import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AAC_SAMPLE_RATES, parseAacConfig } from '../../../../shared/codecs/aac.ts';
import type { AacConfig } from '../../../../shared/codecs/aac.ts';
import { buildAacConfig } from '../../../helpers/aac-config.ts';
import { hex } from '../../../helpers/hex.ts';
import { AAC } from './samples.ts';

const lc = { objectType: 2, sbr: false, ps: false, frameLength: 1024 };

test('what ffprobe says of each sample', () => {
  const expected: Record<keyof typeof AAC, AacConfig> = {
    stereo48: {
      ...lc,
      sampleRate: 48000,
      outputSampleRate: 48000,
      channelConfiguration: 2,
      channels: 2,
    },
    mono44: {
      ...lc,
      sampleRate: 44100,
      outputSampleRate: 44100,
      channelConfiguration: 1,
      channels: 1,
    },
    surround48: {
      ...lc,
      sampleRate: 48000,
      outputSampleRate: 48000,
      channelConfiguration: 6,
      channels: 6,
    },
    quad44: {
      ...lc,
      sampleRate: 44100,
      outputSampleRate: 44100,
      channelConfiguration: 0,
      channels: 4,
    },
  };
  for (const [name, config] of Object.entries(expected)) {
    assert.deepEqual(parseAacConfig(AAC[name as keyof typeof AAC]), config, name);
  }
});

test('the two bytes that most encoders send', () => {
  assert.deepEqual(parseAacConfig(hex('1210')), {
    ...lc,
    sampleRate: 44100,
    outputSampleRate: 44100,
    channelConfiguration: 2,
    channels: 2,
  });
});

test('HE-AAC told hierarchically: object type 5', () => {
  const config = parseAacConfig(hex('2b920800'));
  assert.deepEqual(config, {
    objectType: 2,
    sampleRate: 22050,
    outputSampleRate: 44100,
    channelConfiguration: 2,
    channels: 2,
    sbr: true,
    ps: false,
    frameLength: 1024,
  });
});

test('HE-AAC v2 told hierarchically: object type 29, mono that plays in stereo', () => {
  const config = parseAacConfig(hex('eb8a0800'));
  assert.deepEqual(
    [config.objectType, config.sampleRate, config.outputSampleRate, config.channels, config.ps],
    [2, 22050, 44100, 2, true],
  );
  assert.equal(config.channelConfiguration, 1);
});

test('HE-AAC and v2 told backward-compatibly: sync extensions', () => {
  const sbr = parseAacConfig(hex('139056e5a0'));
  assert.deepEqual(
    [sbr.sampleRate, sbr.outputSampleRate, sbr.sbr, sbr.ps],
    [22050, 44100, true, false],
  );
  const ps = parseAacConfig(hex('138856e5a54880'));
  assert.deepEqual([ps.sbr, ps.ps, ps.channels], [true, true, 2]);
});

test('an escaped object type and an explicit rate', () => {
  // 11111 001010 (42), index 15, 24 bits of rate, configuration 2
  const bits = '11111' + '001010' + '1111' + (44123).toString(2).padStart(24, '0') + '0010';
  const bytes = bits.padEnd(48, '0').match(/.{8}/g) ?? [];
  const config = parseAacConfig(Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 2)));
  assert.deepEqual([config.objectType, config.sampleRate, config.channels], [42, 44123, 2]);
});

test('frames of 960 samples, and a core coder delay', () => {
  assert.equal(parseAacConfig(hex('1214')).frameLength, 960);
  assert.equal(parseAacConfig(hex('1212 0000')).frameLength, 1024);
});

test('reserved rates and configurations, rate 0, and truncations are refused', () => {
  assert.throws(() => parseAacConfig(hex('1690')), {
    code: 'CODEC_INVALID',
    message: /index is 13/,
  });
  assert.throws(() => parseAacConfig(hex('1240')), {
    code: 'CODEC_INVALID',
    message: /configuration/,
  });
  assert.throws(() => parseAacConfig(hex('1780000010')), {
    code: 'CODEC_INVALID',
    message: /0 Hz/,
  });
  assert.throws(() => parseAacConfig(new Uint8Array(0)), { code: 'CODEC_TRUNCATED' });
  assert.throws(() => parseAacConfig(hex('12')), { code: 'CODEC_TRUNCATED' });
  assert.throws(() => parseAacConfig(AAC.quad44.subarray(0, 6)), { code: 'CODEC_TRUNCATED' });
});

test('every rate, with an index and without', () => {
  for (const sampleRate of [...AAC_SAMPLE_RATES, 44123, 65537]) {
    const input = { objectType: 2, sampleRate, channelConfiguration: 6 };
    const config = parseAacConfig(buildAacConfig(input));
    assert.deepEqual(
      {
        objectType: config.objectType,
        sampleRate: config.sampleRate,
        channelConfiguration: config.channelConfiguration,
      },
      input,
    );
  }
});
