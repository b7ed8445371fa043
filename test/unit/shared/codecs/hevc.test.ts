import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hevcNalType, parseHevcConfig } from '../../../../shared/codecs/hevc.ts';
import { hex } from '../../../helpers/hex.ts';
import { HEVC, HEVC_UNITS } from './samples.ts';

test('a record of x265', () => {
  const config = parseHevcConfig(HEVC.main10);
  assert.deepEqual(
    { ...config, vps: config.vps.length, sps: config.sps.length, pps: config.pps },
    {
      profileSpace: 0,
      tier: 'main',
      profile: 2,
      compatibility: 0x20000000,
      constraints: hex('900000000000'),
      level: 60,
      chromaFormat: 1,
      bitDepthLuma: 10,
      bitDepthChroma: 10,
      nalLengthSize: 4,
      vps: 1,
      sps: 1,
      pps: [hex('4401c172b46240')],
    },
  );
  const high = Uint8Array.from(HEVC.main10);
  high[1] = 0x22;
  assert.equal(parseHevcConfig(high).tier, 'high');
});

test('arrays of other types are passed over, empty units left out', () => {
  const record = hex(`01 01 60000000 900000000000 3c f000 fc fd f8 f8 0000 0f 03
    a7 0001 0003 4e0105
    a2 0002 0000 0003 4401c1
    a1 0001 0002 4201`);
  const config = parseHevcConfig(record);
  assert.deepEqual(config.vps, []);
  assert.deepEqual(config.sps, [hex('4201')]);
  assert.deepEqual(config.pps, [hex('4401c1')]);
});

test('every truncation is an error with a code', () => {
  for (const record of Object.values(HEVC)) {
    for (let length = 0; length < record.length; length++) {
      assert.throws(() => parseHevcConfig(record.subarray(0, length)), { code: 'CODEC_TRUNCATED' });
    }
  }
});

test('another version and NAL lengths of three bytes are refused', () => {
  const version = Uint8Array.from(HEVC.main1080);
  version[0] = 2;
  assert.throws(() => parseHevcConfig(version), { code: 'CODEC_INVALID' });
  const lengths = Uint8Array.from(HEVC.main1080);
  lengths[21] = 0x0e;
  assert.throws(() => parseHevcConfig(lengths), { code: 'CODEC_INVALID' });
});

test('NAL types of x265 access units', () => {
  const type = (unit: Uint8Array) => hevcNalType(unit[4] ?? 0);
  assert.equal(type(HEVC_UNITS.idr), 20);
  assert.equal(type(HEVC_UNITS.cra), 21);
});
