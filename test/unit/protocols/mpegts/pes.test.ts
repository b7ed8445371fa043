import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PES_STREAM_ID, pesHeader } from '../../../../gateway/protocols/mpegts/pes.ts';

test('equal times are written once', () => {
  const header = pesHeader(PES_STREAM_ID.audio, 100, { pts: 90_000, dts: 90_000 });
  assert.equal(header.length, 14);
  assert.equal(header.toString('hex', 0, 9), '000001c0006c848005');
  assert.equal(header.toString('hex', 9), '210005bf21');
});

test('different times are written both, with their prefixes', () => {
  const header = pesHeader(PES_STREAM_ID.video, 100, { pts: 1, dts: 0 });
  assert.equal(header.length, 19);
  assert.equal(header.toString('hex', 6, 9), '84c00a');
  assert.equal(header.toString('hex', 9), '3100010003' + '1100010001');
});

test('a time fills all 33 bits', () => {
  const header = pesHeader(PES_STREAM_ID.video, 0, { pts: 2 ** 33 - 1, dts: 2 ** 33 - 1 });
  assert.equal(header.toString('hex', 9), '2fffffffff');
});

test('a length that does not fit is 0: until the next packet', () => {
  const times = { pts: 0, dts: 0 };
  assert.equal(pesHeader(PES_STREAM_ID.video, 0xffff - 8, times).readUInt16BE(4), 0xffff);
  assert.equal(pesHeader(PES_STREAM_ID.video, 0xffff - 7, times).readUInt16BE(4), 0);
});
