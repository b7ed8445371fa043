import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildOpusConfig } from '../../../../shared/codecs/opus.ts';
import { sampleEntry } from '../../../../gateway/protocols/mp4/sample-entry.ts';
import type { Mp4AudioTrack, Mp4VideoTrack } from '../../../../gateway/protocols/mp4/track.ts';
import { readEsds } from '../../../helpers/encoded-media.ts';
import { readBoxes } from '../../../helpers/mp4-boxes.ts';

const video = (codec: Mp4VideoTrack['codec'], config: Uint8Array): Mp4VideoTrack => ({
  kind: 'video',
  id: 1,
  timescale: 90_000,
  codec,
  config,
  width: 1920,
  height: 1080,
});

const audio = (
  codec: Mp4AudioTrack['codec'],
  config: Uint8Array = new Uint8Array(0),
  sampleRate = 44_100,
): Mp4AudioTrack => ({
  kind: 'audio',
  id: 1,
  timescale: sampleRate,
  codec,
  config,
  sampleRate,
  channels: 2,
});

/** Type of the entry, and the one box behind its fixed fields. */
function read(track: Mp4VideoTrack | Mp4AudioTrack) {
  const [entry] = readBoxes(sampleEntry(track));
  const fixed = track.kind === 'video' ? 78 : 28;
  const boxes = readBoxes(entry!.content.subarray(fixed));
  assert.equal(boxes.length, 1);
  return { type: entry!.type, fields: entry!.content.subarray(0, fixed), inner: boxes[0]! };
}

describe('video', () => {
  const config = Buffer.from('0102030405', 'hex');

  test('the configuration record stands in the codec’s own box', () => {
    for (const [codec, type, box] of [
      ['h264', 'avc1', 'avcC'],
      ['hevc', 'hvc1', 'hvcC'],
      ['av1', 'av01', 'av1C'],
    ] as const) {
      const entry = read(video(codec, config));
      assert.equal(entry.type, type);
      assert.equal(entry.inner.type, box);
      assert.deepEqual(entry.inner.content, config);
    }
  });

  test('the picture’s size is told', () => {
    const { fields } = read(video('h264', config));
    assert.deepEqual([fields.readUInt16BE(24), fields.readUInt16BE(26)], [1920, 1080]);
    assert.equal(fields.readUInt16BE(6), 1); // data_reference_index
  });

  test('VP9’s box has a version, whether the publisher sent one or not', () => {
    const record = Buffer.from('000a82020202' + '0000', 'hex');
    const boxed = Buffer.concat([Buffer.from('01000000', 'hex'), record]);
    for (const sent of [record, boxed]) {
      const { type, inner } = read(video('vp9', sent));
      assert.deepEqual([type, inner.type], ['vp09', 'vpcC']);
      assert.deepEqual(inner.content, boxed);
    }
  });

  test('a VP9 record of profile 1 is not taken for a version', () => {
    const record = Buffer.from('010a82020202' + '0000', 'hex');
    assert.deepEqual(read(video('vp9', record)).inner.content.subarray(4), record);
  });
});

describe('audio', () => {
  test('AAC’s descriptor holds the AudioSpecificConfig', () => {
    const config = Buffer.from('1210', 'hex');
    const { type, inner } = read(audio('aac', config));
    assert.deepEqual([type, inner.type], ['mp4a', 'esds']);
    assert.deepEqual(readEsds(inner.content.subarray(4)), {
      objectType: 0x40,
      specificInfo: config,
    });
  });

  test('MP3 is told by its object type alone', () => {
    const typeAt = (rate: number) =>
      readEsds(read(audio('mp3', undefined, rate)).inner.content.subarray(4));
    assert.deepEqual(typeAt(44_100), { objectType: 0x6b, specificInfo: undefined });
    assert.deepEqual(typeAt(22_050), { objectType: 0x69, specificInfo: undefined });
  });

  test('Opus’s header is turned to big-endian', () => {
    const head = buildOpusConfig({ channels: 2, preSkip: 312, inputSampleRate: 44_100 });
    const { type, inner } = read(audio('opus', head, 48_000));
    assert.deepEqual([type, inner.type], ['Opus', 'dOps']);
    assert.equal(inner.content.toString('hex'), '00' + '02' + '0138' + '0000ac44' + '0000' + '00');
  });

  test('Opus keeps its mapping table', () => {
    const head = Buffer.concat([
      buildOpusConfig({ channels: 2 }).subarray(0, 18),
      Buffer.from('01' + '0402' + '000401020305', 'hex'),
    ]);
    assert.equal(read(audio('opus', head)).inner.content.toString('hex', 10), '010402000401020305');
  });

  test('Opus without its header is refused', () => {
    assert.throws(() => sampleEntry(audio('opus', Buffer.alloc(19))), /OpusHead/);
    assert.throws(() => sampleEntry(audio('opus', Buffer.from('OpusHead'))), /got 8 bytes/);
  });

  test('FLAC’s blocks stand without the marker of a file, however they came', () => {
    const info = Buffer.alloc(34, 7);
    const header = Buffer.from('80000022', 'hex');
    const block = Buffer.concat([header, info]);
    for (const sent of [info, block, Buffer.concat([Buffer.from('fLaC'), block])]) {
      const { type, inner } = read(audio('flac', sent));
      assert.deepEqual([type, inner.type], ['fLaC', 'dfLa']);
      assert.deepEqual(inner.content, Buffer.concat([Buffer.alloc(4), block]));
    }
    assert.throws(() => sampleEntry(audio('flac', Buffer.alloc(20))), /STREAMINFO/);
  });

  test('AC-3’s boxes hold what they are given', () => {
    const config = Buffer.from('103d40', 'hex');
    assert.deepEqual(read(audio('ac3', config)).inner, { type: 'dac3', content: config });
    assert.deepEqual(read(audio('eac3', config)).inner, { type: 'dec3', content: config });
    assert.equal(read(audio('ac3', config)).type, 'ac-3');
    assert.equal(read(audio('eac3', config)).type, 'ec-3');
  });

  test('a rate beyond 16 bits is left to the configuration', () => {
    const rateOf = (rate: number) =>
      read(audio('aac', new Uint8Array(2), rate)).fields.readUInt16BE(24);
    assert.equal(rateOf(48_000), 48_000);
    assert.equal(rateOf(96_000), 0);
  });
});
