import assert from 'node:assert/strict';
import { test } from 'node:test';
import { avcNalType, buildAvcConfig, parseAvcConfig } from '../../../../shared/codecs/avc.ts';
import { hex } from '../../../helpers/hex.ts';
import { AVC } from './samples.ts';

test('a record of x264', () => {
  const config = parseAvcConfig(AVC.high);
  assert.equal(config.profile, 100);
  assert.equal(config.compatibility, 0);
  assert.equal(config.level, 12);
  assert.equal(config.nalLengthSize, 4);
  assert.deepEqual(config.sps, [AVC.high.subarray(8, 34)]);
  assert.deepEqual(config.pps, [hex('68ef8fcb')]);
  assert.equal(config.sps[0]?.buffer, AVC.high.buffer, 'memory is shared');
});

test('several parameter sets, empty ones left out, NAL lengths of two bytes', () => {
  const config = parseAvcConfig(
    hex('01 42c01e fd e3 0004 6742c01e 0000 0004 6742c00d 02 0002 68ce 0002 68cf'),
  );
  assert.equal(config.nalLengthSize, 2);
  assert.deepEqual(config.sps, [hex('6742c01e'), hex('6742c00d')]);
  assert.deepEqual(config.pps, [hex('68ce'), hex('68cf')]);
});

test('every truncation of a record is an error with a code', () => {
  // What follows the PPS is the High profiles' extension, which may be missing.
  const end = AVC.high.length - 4;
  for (let length = 0; length < end; length++) {
    assert.throws(() => parseAvcConfig(AVC.high.subarray(0, length)), {
      name: 'CodecError',
      code: 'CODEC_TRUNCATED',
    });
  }
  assert.equal(parseAvcConfig(AVC.high.subarray(0, end)).pps.length, 1);
});

test('another version and NAL lengths of three bytes are refused', () => {
  const version = Uint8Array.from(AVC.high);
  version[0] = 0;
  assert.throws(() => parseAvcConfig(version), { code: 'CODEC_INVALID', message: /version is 0/ });
  const lengths = Uint8Array.from(AVC.high);
  lengths[4] = 0xfe;
  assert.throws(() => parseAvcConfig(lengths), { code: 'CODEC_INVALID', message: /3 bytes/ });
});

test('a built record equals what ffmpeg wrote', () => {
  for (const [name, record] of Object.entries(AVC)) {
    const { sps, pps } = parseAvcConfig(record);
    assert.deepEqual(buildAvcConfig({ sps, pps }), record, name);
  }
});

test('a record is not built without an SPS, nor from too many or too large sets', () => {
  const sps = [hex('6742c01e')];
  assert.throws(() => buildAvcConfig({ sps: [], pps: [] }), { code: 'CODEC_INVALID' });
  assert.throws(() => buildAvcConfig({ sps: Array(32).fill(sps[0]) as Uint8Array[], pps: [] }), {
    code: 'CODEC_INVALID',
  });
  assert.throws(() => buildAvcConfig({ sps, pps: [new Uint8Array(65536)] }), {
    code: 'CODEC_INVALID',
  });
});

test('the NAL type is in the low five bits', () => {
  assert.equal(avcNalType(0x67), 7);
  assert.equal(avcNalType(0x01), 1);
});
