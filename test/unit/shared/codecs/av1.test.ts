import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAv1SequenceHeader } from '../../../../shared/codecs/av1-sequence-header.ts';
import { findSequenceHeader, forEachObu, parseAv1Config } from '../../../../shared/codecs/av1.ts';
import { hex } from '../../../helpers/hex.ts';
import { AV1, AV1_UNITS } from './samples.ts';

function obusOf(data: Uint8Array): { type: number; size: number }[] {
  const obus: { type: number; size: number }[] = [];
  forEachObu(data, (type, _start, content, end) => obus.push({ type, size: end - content }));
  return obus;
}

test('records of SVT-AV1 and libaom', () => {
  const { obus, ...fields } = parseAv1Config(AV1.svt);
  assert.deepEqual(fields, {
    profile: 0,
    level: 0,
    tier: 'main',
    bitDepth: 8,
    monochrome: false,
    subsamplingX: true,
    subsamplingY: true,
    chromaSamplePosition: 0,
  });
  assert.deepEqual(obus, AV1.svt.subarray(4));
  assert.equal(parseAv1Config(AV1.aom10).bitDepth, 10);
});

test('flags of a record', () => {
  const config = parseAv1Config(hex('81 4d f6 00'));
  assert.deepEqual(
    { ...config, obus: config.obus.length },
    {
      profile: 2,
      level: 13,
      tier: 'high',
      bitDepth: 12,
      monochrome: true,
      subsamplingX: false,
      subsamplingY: true,
      chromaSamplePosition: 2,
      obus: 0,
    },
  );
});

test('a truncated record or one of another version is refused', () => {
  assert.throws(() => parseAv1Config(AV1.svt.subarray(0, 3)), { code: 'CODEC_TRUNCATED' });
  assert.throws(() => parseAv1Config(hex('82000c00')), { code: 'CODEC_INVALID' });
});

test('the units of a temporal unit', () => {
  assert.deepEqual(obusOf(AV1_UNITS.key), [
    { type: 1, size: 10 },
    { type: 6, size: 25 },
  ]);
});

test('sizes of several bytes, extensions, and a last unit without size', () => {
  const long = new Uint8Array(3 + 200);
  long.set([0x32, 0xc8, 0x01]);
  assert.deepEqual(obusOf(long), [{ type: 6, size: 200 }]);
  assert.deepEqual(obusOf(hex('12 00 36 08 01 aa 30 bbcc')), [
    { type: 2, size: 0 },
    { type: 6, size: 1 },
    { type: 6, size: 2 },
  ]);
});

test('a visitor ends the visit with false', () => {
  let visits = 0;
  forEachObu(hex('1200 1200 1200'), () => {
    visits += 1;
    return visits < 2;
  });
  assert.equal(visits, 2);
});

test('broken units are errors', () => {
  const truncated = { code: 'CODEC_TRUNCATED' };
  assert.throws(() => obusOf(hex('32 05 aabb')), truncated);
  assert.throws(() => obusOf(hex('32 80')), truncated);
  assert.throws(() => obusOf(hex('36')), truncated);
  assert.throws(() => obusOf(hex('32 ffffffffffffff7f aa')), truncated);
  assert.throws(() => obusOf(hex('92 00')), { code: 'CODEC_INVALID' });
});

test('sequence headers: what ffprobe says', () => {
  const found = findSequenceHeader(AV1.aom10.subarray(4));
  assert.ok(found);
  const header = parseAv1SequenceHeader(found.content);
  assert.deepEqual([header.width, header.height, header.bitDepth], [322, 182, 10]);
  const svt = findSequenceHeader(AV1.svt.subarray(4));
  assert.ok(svt);
  const { width, height, level, profile } = parseAv1SequenceHeader(svt.content);
  assert.deepEqual([width, height, level, profile], [320, 180, 0, 0]);
  assert.equal(findSequenceHeader(AV1_UNITS.inter), undefined);
});

test('every truncation of a sequence header is an error, or ends in its padding', () => {
  const found = findSequenceHeader(AV1.svt.subarray(4));
  assert.ok(found);
  for (let length = 0; length < found.content.length - 1; length++) {
    assert.throws(() => parseAv1SequenceHeader(found.content.subarray(0, length)), {
      code: 'CODEC_TRUNCATED',
    });
  }
});

function bytesOf(bits: string): Uint8Array {
  const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g) ?? [];
  return Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 2));
}

test('timing, decoder model, several operating points, high tier', () => {
  const u32 = (value: number) => value.toString(2).padStart(32, '0');
  const header = parseAv1SequenceHeader(
    bytesOf(
      [
        '000' + '0' + '0',
        '1' + u32(1001) + u32(60000) + '1' + '010', // a picture lasts two ticks
        '1' + '00111' + '0'.repeat(32) + '0'.repeat(10), // decoder model, delays of 8 bits
        '1' + '00001', // initial display delay; two operating points
        '0'.repeat(12) + '01000' + '1' + '1' + '0'.repeat(17) + '1' + '0001',
        '0'.repeat(12) + '00100' + '0' + '0',
        '1010' + '1010' + '11101111111' + '10000110111', // 11 bits each: 1920x1080
        '0' + '000', // no frame ids; superblock and intra tools
        '0000' + '1' + '00' + '0' + '1' + '0' + '0' + '000', // screen content told, integer MV told
        '000' + '0' + '0' + '1', // no superres, CDEF, restoration; 8 bits, colour, described
        '00000001' + '00000001' + '00000001' + '1' + '01',
      ].join(''),
    ),
  );
  assert.deepEqual(header, {
    profile: 0,
    level: 8,
    tier: 'high',
    width: 1920,
    height: 1080,
    frameRate: 30000 / 1001,
    bitDepth: 8,
    monochrome: false,
    subsamplingX: true,
    subsamplingY: true,
    chromaSamplePosition: 1,
    colour: { primaries: 1, transfer: 1, matrix: 1, fullRange: true },
  });
});

test('a reduced still picture, 4:4:4 of sRGB; profiles above 2 are refused', () => {
  const start = '1' + '1' + '00101' + '0101' + '0101' + '111111' + '111111' + '000' + '000';
  const srgb = '0' + '1' + '00000001' + '00001101' + '00000000';
  const header = parseAv1SequenceHeader(bytesOf('001' + start + srgb + '0'));
  assert.equal(header.level, 5);
  assert.deepEqual([header.width, header.height], [64, 64]);
  assert.deepEqual([header.subsamplingX, header.subsamplingY], [false, false]);
  assert.equal(header.colour.fullRange, true);
  assert.throws(() => parseAv1SequenceHeader(bytesOf(`011${start}${srgb}`)), {
    code: 'CODEC_INVALID',
  });
});

test('chroma of the professional profile', () => {
  const start = '010' + '1' + '1' + '00101' + '0101' + '0101' + '111111' + '111111' + '000' + '000';
  const chroma = (bits: string) => {
    const header = parseAv1SequenceHeader(bytesOf(start + bits + '00000000'));
    return [header.bitDepth, header.subsamplingX, header.subsamplingY];
  };
  assert.deepEqual(chroma('0' + '0' + '0' + '0'), [8, true, false]);
  assert.deepEqual(chroma('1' + '1' + '0' + '0' + '0' + '1' + '1'), [12, true, true]);
  assert.deepEqual(chroma('1' + '1' + '0' + '0' + '0' + '0'), [12, false, false]);
  const gray = parseAv1SequenceHeader(bytesOf(start + '0' + '1' + '0' + '1'));
  assert.deepEqual([gray.monochrome, gray.colour.fullRange], [true, true]);
});
