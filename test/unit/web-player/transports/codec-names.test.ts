import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildOpusConfig } from '../../../../shared/codecs/opus.ts';
import { audioConfig, hasNoRecord } from '../../../../web-player/src/transports/codec-names.ts';
import { buildAacConfig } from '../../../helpers/aac-config.ts';

test('AAC is named with its object type and described by its record', () => {
  const record = buildAacConfig({ objectType: 2, sampleRate: 44_100, channelConfiguration: 2 });
  const config = audioConfig('aac', record);
  assert.equal(config?.codec, 'mp4a.40.2');
  assert.equal(config.sampleRate, 44_100);
  assert.equal(config.numberOfChannels, 2);
  assert.deepEqual(config.description, new Uint8Array(record));
});

test('Opus plays at 48 kHz whatever was encoded', () => {
  const config = audioConfig('opus', buildOpusConfig({ channels: 1, inputSampleRate: 16_000 }));
  assert.deepEqual(
    [config?.codec, config?.sampleRate, config?.numberOfChannels],
    ['opus', 48_000, 1],
  );
});

test('a broken record is no configuration, and no exception', () => {
  assert.equal(audioConfig('aac', new Uint8Array([0])), undefined);
  assert.equal(audioConfig('speex', new Uint8Array([1, 2, 3])), undefined);
});

test('MP3 and VP8 come without a record', () => {
  assert.ok(hasNoRecord('mp3') && hasNoRecord('vp8') && !hasNoRecord('aac'));
});
