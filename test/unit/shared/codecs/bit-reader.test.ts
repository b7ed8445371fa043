import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BitReader } from '../../../../shared/codecs/bit-reader.ts';
import { hex } from '../../../helpers/hex.ts';

const truncated = { name: 'CodecError', code: 'CODEC_TRUNCATED' };

test('fields cross byte boundaries', () => {
  const reader = new BitReader(hex('a5 5a f0 0f'));
  assert.equal(reader.read(3), 0b101);
  assert.equal(reader.read(7), 0b0010101);
  assert.equal(reader.position, 10);
  assert.equal(reader.read(14), 0b01_1010_1111_0000);
  assert.equal(reader.bitsLeft, 8);
  assert.equal(reader.read(0), 0);
  assert.equal(reader.read(8), 0x0f);
});

test('32 bits at once are unsigned', () => {
  assert.equal(new BitReader(hex('ffffffff')).read(32), 0xffffffff);
  const shifted = new BitReader(hex('7fffffff80'));
  shifted.skip(1);
  assert.equal(shifted.read(32), 0xffffffff);
});

test('a read past the end fails and does not move', () => {
  const reader = new BitReader(hex('ff'));
  reader.skip(5);
  assert.throws(() => reader.read(4), truncated);
  assert.equal(reader.bitsLeft, 3);
  assert.throws(() => reader.skip(4), truncated);
  assert.equal(reader.read(3), 7);
  assert.throws(() => reader.flag(), truncated);
});

test('Exp-Golomb codes, H.264 tables 9-2 and 9-3', () => {
  // 1 | 010 | 011 | 00100 | 00101 | 00110 | 00111 | 0001000
  const bytes = hex('a6 42 98 e2 00');
  const unsigned = new BitReader(bytes);
  assert.deepEqual(
    Array.from({ length: 8 }, () => unsigned.ue()),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
  const signed = new BitReader(bytes);
  assert.deepEqual(
    Array.from({ length: 8 }, () => signed.se()),
    [0, 1, -1, 2, -2, 3, -3, 4],
  );
});

test('the longest Exp-Golomb code is read, a longer one refused', () => {
  assert.equal(new BitReader(hex('00000001 fffffffe')).ue(), 2 ** 32 - 2);
  assert.throws(() => new BitReader(hex('00000000 80000000 00')).ue(), { code: 'CODEC_INVALID' });
  assert.throws(() => new BitReader(hex('0000')).ue(), truncated);
});

test('aligning goes to the next byte, or stays', () => {
  const reader = new BitReader(hex('ff01'));
  reader.align();
  assert.equal(reader.position, 0);
  reader.skip(1);
  reader.align();
  assert.equal(reader.read(8), 1);
});
