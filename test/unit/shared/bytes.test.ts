import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  fourCc,
  fourCcName,
  readI24,
  readU16,
  readU24,
  readU32,
  toHex,
  writeU16,
  writeU24,
  writeU32,
} from '../../../shared/bytes.ts';
import { hex } from '../../helpers/hex.ts';

test('unsigned and signed integers are read at an offset', () => {
  const bytes = hex('00 fffefdfc');
  assert.equal(readU16(bytes, 1), 0xfffe);
  assert.equal(readU24(bytes, 1), 0xfffefd);
  assert.equal(readU32(bytes, 1), 0xfffefdfc);
  assert.equal(readI24(bytes, 1), -259);
  assert.equal(readI24(hex('7fffff'), 0), 0x7fffff);
  assert.equal(readI24(hex('800000'), 0), -0x800000);
});

test('a read past the end sees zeros', () => {
  assert.equal(readU32(hex('01'), 0), 0x01000000);
  assert.equal(readU24(hex(''), 5), 0);
});

test('integers are written at an offset, signed ones by their low bits', () => {
  const bytes = new Uint8Array(10);
  writeU16(bytes, 0, 0x1234);
  writeU24(bytes, 2, -2);
  writeU32(bytes, 5, 0xdeadbeef);
  assert.deepEqual(bytes, hex('1234 fffffe deadbeef 00'));
});

test('character codes and back, and hex where they are not printable', () => {
  assert.equal(fourCc('hvc1'), 0x68766331);
  assert.equal(fourCcName(fourCc('.mp3')), "'.mp3'");
  assert.equal(fourCcName(0x00766331), '0x00766331');
  assert.equal(fourCcName(0xff766331), '0xff766331');
});

test('hex digits', () => {
  assert.equal(toHex(hex('0a00ff')), '0a00ff');
  assert.equal(toHex(hex('')), '');
});
