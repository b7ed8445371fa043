import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHevcSps } from '../../../../shared/codecs/hevc-sps.ts';
import type { HevcSps } from '../../../../shared/codecs/hevc-sps.ts';
import { parseHevcConfig } from '../../../../shared/codecs/hevc.ts';
import { HEVC } from './samples.ts';

function spsUnit(record: Uint8Array): Uint8Array {
  const [sps] = parseHevcConfig(record).sps;
  assert.ok(sps);
  return sps;
}

function fieldsOf(sps: HevcSps, like: Partial<HevcSps>): Partial<HevcSps> {
  return Object.fromEntries(Object.keys(like).map((key) => [key, sps[key as keyof HevcSps]]));
}

test('what ffprobe says of each sample', () => {
  const expected: Record<keyof typeof HEVC, Partial<HevcSps>> = {
    main1080: { profile: 1, tier: 'main', level: 120, width: 1920, height: 1080, frameRate: 25 },
    main10: {
      profile: 2,
      level: 60,
      width: 322,
      height: 182,
      bitDepthLuma: 10,
      bitDepthChroma: 10,
      frameRate: 30000 / 1001,
      colour: { primaries: 9, transfer: 16, matrix: 9, fullRange: false },
    },
    zeroLatency: { profile: 1, level: 60, width: 320, height: 180 },
    range444: {
      profile: 4,
      level: 150,
      width: 416,
      height: 240,
      chromaFormat: 3,
      bitDepthLuma: 12,
      frameRate: 50,
      sampleAspectRatio: { width: 12, height: 11 },
    },
  };
  for (const [name, fields] of Object.entries(expected)) {
    const sps = parseHevcSps(spsUnit(HEVC[name as keyof typeof HEVC]));
    assert.deepEqual(fieldsOf(sps, fields), fields, name);
  }
});

test('reordering is told: none without B-frames', () => {
  assert.equal(parseHevcSps(spsUnit(HEVC.zeroLatency)).maxNumReorderPics, 0);
  assert.equal(parseHevcSps(spsUnit(HEVC.main1080)).maxNumReorderPics, 2);
});

test('a VUI that ends too early is as none; a picture that does is an error', () => {
  for (const [name, record] of Object.entries(HEVC)) {
    const unit = spsUnit(record);
    const whole = parseHevcSps(unit);
    const none = { sampleAspectRatio: undefined, colour: undefined, frameRate: undefined };
    let withoutVui = 0;
    for (let length = 0; length < unit.length; length++) {
      try {
        const sps = parseHevcSps(unit.subarray(0, length));
        if (sps.frameRate === undefined) {
          assert.deepEqual(sps, { ...whole, ...none }, `${name}, ${length} bytes`);
          withoutVui += 1;
        } else {
          assert.deepEqual(sps, whole, `${name}, ${length} bytes: cut behind the timing`);
        }
      } catch (error) {
        if ((error as { code?: string }).code !== 'CODEC_TRUNCATED') throw error;
        assert.equal(withoutVui, 0, `${name}: ${length} bytes are refused, fewer were not`);
      }
    }
    assert.ok(withoutVui > 0 && withoutVui < unit.length - 20, name);
  }
});

/** Writes the bits of an SPS whose beginning is like a Main profile one of 64x64. */
function craft(fields: { subLayers?: number; layerBits?: string; tools?: string }): Uint8Array {
  const { subLayers = 1, layerBits = '', tools } = fields;
  const bits = [
    '0000', // VPS id
    (subLayers - 1).toString(2).padStart(3, '0'),
    '1', // temporal id nesting
    '00' + '0' + '00001', // profile space, tier, profile
    '011' + '0'.repeat(29), // compatibility
    '1001' + '0'.repeat(44), // constraints
    (90).toString(2).padStart(8, '0'),
    layerBits,
    '1' + '010', // SPS id 0, chroma 1
    '0000001000001' + '0000001000001', // 64x64
    '0' + '1' + '1' + '00101', // no window, 8 bits, 8 bits, POC 8 bits
    '0' + '010' + '1' + '1', // ordering info for the highest layer only
    tools ?? '1'.repeat(6) + '0' + '00' + '0' + '1' + '0' + '00', // smallest tools
    '0' + '0', // no VUI, no extension
    '1',
  ].join('');
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g) ?? [];
  const unit: number[] = [0x42, 0x01];
  for (const byte of padded.map((text) => Number.parseInt(text, 2))) {
    if (unit.at(-1) === 0 && unit.at(-2) === 0 && byte <= 3) unit.push(3);
    unit.push(byte);
  }
  return Uint8Array.from(unit);
}

test('profiles and levels of sub-layers are passed over', () => {
  // Layer 0 with a profile and a level, layer 1 with a level; 6 pairs of padding.
  const layerBits = '11' + '01' + '00'.repeat(6) + '1'.repeat(88) + '1'.repeat(8) + '1'.repeat(8);
  const sps = parseHevcSps(craft({ subLayers: 3, layerBits }));
  assert.equal(sps.subLayers, 3);
  assert.equal(sps.width, 64);
  assert.equal(sps.level, 90);
});

test('reference picture sets: explicit and predicted, PCM, long-term pictures', () => {
  const tools = [
    '1'.repeat(6), // sizes
    '0', // no scaling lists
    '00', // AMP, SAO
    '1' + '0000' + '0000' + '1' + '1' + '0', // PCM
    '011', // two short-term sets
    '010' + '010' + '1' + '1' + '1' + '1', // one picture before, one after
    '1' + '0' + '1' + '1' + '01' + '00', // predicted from the three of the first
    '1' + '010' + '0'.repeat(8) + '1', // one long-term picture of 8 bits
    '00',
  ].join('');
  assert.equal(parseHevcSps(craft({ tools })).height, 64);
});

test('absurd counts are refused before they are looped over', () => {
  const manySets = '1'.repeat(6) + '0' + '00' + '0' + '0000001000010'; // 65
  assert.throws(() => parseHevcSps(craft({ tools: manySets })), {
    code: 'CODEC_INVALID',
    message: /num_short_term_ref_pic_sets is 65/,
  });
});
