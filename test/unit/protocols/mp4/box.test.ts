import assert from 'node:assert/strict';
import { test } from 'node:test';
import { box, fullBox, u16, u32, u8, writeU64 } from '../../../../gateway/protocols/mp4/box.ts';

test('a box has its size, its type and its parts in order', () => {
  assert.equal(
    box('free', u8(1, 2), u16(3), u32(4)).toString('hex'),
    '0000001066726565' + '0102000300000004',
  );
  assert.equal(box('free').toString('hex'), '0000000866726565');
});

test('a full box has version and flags before its content', () => {
  assert.equal(
    fullBox('tfhd', 1, 0x02_0020, u8(9)).toString('hex'),
    '0000000d74666864' + '0102002009',
  );
  assert.equal(fullBox('vpcC', 0xff, 0).readUInt32BE(8), 0xff00_0000);
});

test('negative numbers are two’s complement', () => {
  assert.equal(u16(-1).toString('hex'), 'ffff');
  assert.equal(u32(-2).toString('hex'), 'fffffffe');
});

test('64-bit numbers keep all 53 bits that there are', () => {
  const bytes = Buffer.alloc(8);
  for (const value of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
    assert.equal(writeU64(bytes, 0, value), 8);
    assert.equal(bytes.readBigUInt64BE(), BigInt(value));
  }
});
