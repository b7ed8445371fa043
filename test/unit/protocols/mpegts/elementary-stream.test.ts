import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildAvcConfig } from '../../../../shared/codecs/avc.ts';
import { CodecError } from '../../../../shared/codecs/codec-error.ts';
import {
  elementaryStream,
  fitsAdts,
  type TsTrack,
} from '../../../../gateway/protocols/mpegts/elementary-stream.ts';
import { buildAacConfig } from '../../../helpers/aac-config.ts';

const SPS = Buffer.from('6764000cacb40a0cfcf808800000030080000019078a1550', 'hex');
const PPS = Buffer.from('68ef0fcb', 'hex');
const H264: TsTrack = { codec: 'h264', config: buildAvcConfig({ sps: [SPS], pps: [PPS] }) };

const CODE = '00000001';
const AUD = `${CODE}09f0`;

/** Length-prefixed NAL units. */
function units(...hex: string[]): Buffer {
  return Buffer.concat(
    hex.map((unit) => {
      const bytes = Buffer.from(unit, 'hex');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return Buffer.concat([length, bytes]);
    }),
  );
}

function append(track: TsTrack, data: Uint8Array, key: boolean): string {
  const pieces: Uint8Array[] = [];
  elementaryStream(track).append(pieces, data, key);
  return Buffer.concat(pieces).toString('hex');
}

describe('H.264', () => {
  test('a key frame gets a delimiter and the parameter sets', () => {
    const expected = `${AUD}${CODE}${SPS.toString('hex')}${CODE}${PPS.toString('hex')}${CODE}6588`;
    assert.equal(append(H264, units('6588'), true), expected);
  });

  test('another frame gets a delimiter only', () => {
    assert.equal(append(H264, units('419a', '419b'), false), `${AUD}${CODE}419a${CODE}419b`);
  });

  test('a delimiter of its own is not doubled', () => {
    assert.equal(append(H264, units('0910', '419a'), false), `${AUD}${CODE}419a`);
  });

  test('parameter sets of its own are kept, and no older ones put before them', () => {
    const own = units('67aa', '68bb', '6588');
    assert.equal(append(H264, own, true), `${AUD}${CODE}67aa${CODE}68bb${CODE}6588`);
  });

  test('a unit that is cut short is a CodecError', () => {
    assert.throws(() => append(H264, Buffer.from('00000009419a', 'hex'), false), CodecError);
  });

  test('a broken configuration is a CodecError', () => {
    assert.throws(() => elementaryStream({ codec: 'h264', config: SPS }), CodecError);
  });
});

describe('AAC', () => {
  const config = buildAacConfig({ objectType: 2, sampleRate: 44_100, channelConfiguration: 2 });

  test('each frame is behind a header that tells what the configuration told', () => {
    const bytes = Buffer.from(append({ codec: 'aac', config }, Buffer.alloc(300, 7), true), 'hex');
    // AAC LC, 44.1 kHz, two channels, 307 bytes.
    assert.equal(bytes.toString('hex', 0, 7), 'fff15080267ffc');
    assert.deepEqual(bytes.subarray(7), Buffer.alloc(300, 7));
  });

  test('a frame too long for ADTS is a CodecError', () => {
    assert.throws(() => append({ codec: 'aac', config }, Buffer.alloc(8185), true), CodecError);
  });

  test('what ADTS cannot say does not fit', () => {
    const build = (objectType: number, sampleRate: number, channelConfiguration: number) =>
      fitsAdts(buildAacConfig({ objectType, sampleRate, channelConfiguration }));
    assert.equal(build(2, 48_000, 2), true);
    assert.equal(build(2, 47_999, 2), false);
    assert.equal(build(23, 48_000, 2), false);
    assert.equal(build(2, 48_000, 11), false);
  });
});

test('frames with headers of their own are passed on as they are', () => {
  for (const codec of ['mp3', 'ac3', 'eac3'] as const) {
    const track: TsTrack = { codec, config: new Uint8Array(0) };
    assert.equal(append(track, Buffer.from('0102', 'hex'), true), '0102');
  }
});

test('MP3 has a stream type for each half of its rates', () => {
  const typeAt = (sampleRate: number) =>
    elementaryStream({ codec: 'mp3', config: new Uint8Array(0), sampleRate }).streamType;
  assert.equal(typeAt(44_100), 0x03);
  assert.equal(typeAt(32_000), 0x03);
  assert.equal(typeAt(24_000), 0x04);
});
