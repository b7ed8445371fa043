import assert from 'node:assert/strict';
import { test } from 'node:test';
import { avcMayReorder, parseAvcSps } from '../../../../shared/codecs/avc-sps.ts';
import type { AvcSps } from '../../../../shared/codecs/avc-sps.ts';
import { parseAvcConfig } from '../../../../shared/codecs/avc.ts';
import { AVC } from './samples.ts';

function spsOf(record: Uint8Array): AvcSps {
  const [sps] = parseAvcConfig(record).sps;
  assert.ok(sps);
  return parseAvcSps(sps);
}

test('what ffprobe says of each sample', () => {
  const expected: Record<keyof typeof AVC, Partial<AvcSps>> = {
    high: { profile: 100, level: 12, width: 320, height: 180, frameRate: 25 },
    main1080: { profile: 77, level: 40, width: 1920, height: 1080, frameRate: 30000 / 1001 },
    baseline: { profile: 66, level: 30, width: 640, height: 360, frameRate: 30 },
    high10: {
      profile: 110,
      level: 13,
      width: 352,
      height: 288,
      bitDepthLuma: 10,
      bitDepthChroma: 10,
    },
    high444: { profile: 244, level: 10, width: 100, height: 50, chromaFormat: 3 },
    interlaced422: { profile: 122, level: 30, width: 720, height: 576, chromaFormat: 2 },
    grayHrd: { profile: 100, level: 11, width: 98, height: 34, chromaFormat: 0, frameRate: 50 },
    interlaced1080: { profile: 77, width: 1920, height: 1080, frameMbsOnly: false, frameRate: 25 },
  };
  for (const [name, fields] of Object.entries(expected)) {
    const sps = spsOf(AVC[name as keyof typeof AVC]);
    assert.deepEqual(
      Object.fromEntries(Object.keys(fields).map((key) => [key, sps[key as keyof AvcSps]])),
      fields,
      name,
    );
  }
});

test('aspect ratio and colour out of the VUI', () => {
  const sps = spsOf(AVC.interlaced422);
  assert.deepEqual(sps.sampleAspectRatio, { width: 64, height: 45 });
  assert.deepEqual(sps.colour, { primaries: 5, transfer: 5, matrix: 5, fullRange: true });
  assert.deepEqual(spsOf(AVC.high).sampleAspectRatio, { width: 1, height: 1 });
  assert.equal(spsOf(AVC.high).colour, undefined);
});

test('the reordering depth is found behind HRD parameters too', () => {
  assert.equal(spsOf(AVC.high).maxNumReorderFrames, 2);
  assert.equal(spsOf(AVC.grayHrd).maxNumReorderFrames, 2);
  assert.equal(spsOf(AVC.baseline).maxNumReorderFrames, 0);
  assert.equal(spsOf(AVC.interlaced1080).maxNumReorderFrames, 0);
});

test('B-frames are excluded by what is told, by POC type, by profile', () => {
  assert.equal(avcMayReorder(spsOf(AVC.high)), true);
  assert.equal(avcMayReorder(spsOf(AVC.baseline)), false);
  const silent = { ...spsOf(AVC.high), maxNumReorderFrames: undefined };
  assert.equal(avcMayReorder(silent), true);
  assert.equal(avcMayReorder({ ...silent, picOrderCntType: 2 }), false);
  assert.equal(avcMayReorder({ ...silent, profile: 66 }), false);
  assert.equal(avcMayReorder({ ...silent, profile: 110, compatibility: 0x10 }), false);
  assert.equal(avcMayReorder({ ...silent, profile: 77, compatibility: 0x10 }), true);
});

test('a VUI that ends too early is as none; a picture that does is an error', () => {
  for (const [name, record] of Object.entries(AVC)) {
    const [unit] = parseAvcConfig(record).sps;
    assert.ok(unit);
    const whole = parseAvcSps(unit);
    const without = {
      ...whole,
      sampleAspectRatio: undefined,
      colour: undefined,
      frameRate: undefined,
      fixedFrameRate: false,
      maxNumReorderFrames: undefined,
    };
    let readable = 0;
    for (let length = 0; length < unit.length - 1; length++) {
      try {
        assert.deepEqual(parseAvcSps(unit.subarray(0, length)), without, `${name}, ${length}`);
        readable += 1;
      } catch (error) {
        if ((error as { code?: string }).code !== 'CODEC_TRUNCATED') throw error;
        assert.equal(readable, 0, `${name}: ${length} bytes are refused, fewer were not`);
      }
    }
    assert.ok(readable > 0 && readable < unit.length - 6, name);
  }
});

test('a picture of no size or of absurd size is refused', () => {
  // Baseline, ue fields: sps 0, frame_num 0, POC type 2, ref frames 1, then 2^20 macroblocks wide.
  const bits =
    '1' +
    '1' +
    '011' +
    '010' +
    '0' +
    `${'0'.repeat(20)}1${'0'.repeat(20)}` +
    '1' +
    '1' +
    '1' +
    '0' +
    '0' +
    '1';
  const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g) ?? [];
  const sps = Uint8Array.from([
    0x67,
    66,
    0xc0,
    30,
    ...bytes.map((byte) => Number.parseInt(byte, 2)),
  ]);
  assert.throws(() => parseAvcSps(sps), { code: 'CODEC_INVALID', message: /pixels/ });
});
