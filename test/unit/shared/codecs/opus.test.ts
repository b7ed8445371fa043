import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildOpusConfig,
  opusPacketSamples,
  parseOpusConfig,
} from '../../../../shared/codecs/opus.ts';
import { hex } from '../../../helpers/hex.ts';
import { OPUS } from './samples.ts';

test('the identification header of libopus', () => {
  assert.deepEqual(parseOpusConfig(OPUS.head), {
    channels: 2,
    preSkip: 312,
    inputSampleRate: 48000,
    outputGain: 0,
    mappingFamily: 0,
  });
});

test('gain is signed, a mapping table may follow', () => {
  const { outputGain, mappingFamily, channels } = parseOpusConfig(
    hex('4f70757348656164 01 06 0000 80bb0000 00ff 01 04 02 000401020305'),
  );
  assert.deepEqual([outputGain, mappingFamily, channels], [-256, 1, 6]);
});

test('a header that is none is refused', () => {
  assert.throws(() => parseOpusConfig(OPUS.head.subarray(0, 18)), { code: 'CODEC_TRUNCATED' });
  const changed = (at: number, value: number) => {
    const head = Uint8Array.from(OPUS.head);
    head[at] = value;
    return head;
  };
  assert.throws(() => parseOpusConfig(changed(7, 0x73)), { code: 'CODEC_INVALID' });
  assert.throws(() => parseOpusConfig(changed(8, 0x10)), { code: 'CODEC_INVALID' });
  assert.throws(() => parseOpusConfig(changed(9, 0)), { code: 'CODEC_INVALID' });
});

test('a built header equals that of libopus', () => {
  assert.deepEqual(buildOpusConfig({ channels: 2, preSkip: 312 }), OPUS.head);
  const mono = parseOpusConfig(buildOpusConfig({ channels: 1, inputSampleRate: 16000 }));
  assert.deepEqual([mono.channels, mono.preSkip, mono.inputSampleRate], [1, 0, 16000]);
});

test('durations of packets, RFC 6716 table 2', () => {
  assert.equal(opusPacketSamples(OPUS.packet20), 960);
  assert.equal(opusPacketSamples(OPUS.packet60), 2880);
  const ms = (config: number) => opusPacketSamples(Uint8Array.of(config << 3)) / 48;
  assert.deepEqual([0, 1, 2, 3, 8, 11].map(ms), [10, 20, 40, 60, 10, 60], 'SILK');
  assert.deepEqual([12, 13, 14, 15].map(ms), [10, 20, 10, 20], 'hybrid');
  assert.deepEqual([16, 17, 18, 19, 31].map(ms), [2.5, 5, 10, 20, 20], 'CELT');
});

test('frames in a packet by the code', () => {
  assert.equal(opusPacketSamples(hex('f9')), 1920);
  assert.equal(opusPacketSamples(hex('fa')), 1920);
  assert.equal(opusPacketSamples(hex('fb 05')), 4800);
});

test('empty packets, none or too many frames are refused', () => {
  assert.throws(() => opusPacketSamples(new Uint8Array(0)), { code: 'CODEC_TRUNCATED' });
  assert.throws(() => opusPacketSamples(hex('fb')), { code: 'CODEC_TRUNCATED' });
  assert.throws(() => opusPacketSamples(hex('fb00')), { code: 'CODEC_INVALID' });
  assert.throws(() => opusPacketSamples(hex('fb07')), { code: 'CODEC_INVALID' });
});
