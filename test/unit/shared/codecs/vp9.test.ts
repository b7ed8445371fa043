import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseVp9Config, parseVp9FrameHeader } from '../../../../shared/codecs/vp9.ts';
import { hex } from '../../../helpers/hex.ts';
import { VP9, VP9_UNITS } from './samples.ts';

test('a record as in the box, with version and flags', () => {
  assert.deepEqual(parseVp9Config(VP9.profile2), {
    profile: 2,
    level: 11,
    bitDepth: 10,
    chromaSubsampling: 1,
    fullRange: false,
    primaries: 2,
    transfer: 2,
    matrix: 2,
  });
});

test('a record without version and flags, and profile 1 of no level which looks like them', () => {
  assert.deepEqual(parseVp9Config(VP9.profile0.subarray(4)), parseVp9Config(VP9.profile0));
  const { profile, level, chromaSubsampling } = parseVp9Config(hex('01 00 86 01 01 01 0000'));
  assert.deepEqual([profile, level, chromaSubsampling], [1, 0, 3]);
});

test('a truncated record is an error', () => {
  assert.throws(() => parseVp9Config(hex('000b82')), { code: 'CODEC_TRUNCATED' });
  assert.throws(() => parseVp9Config(new Uint8Array(0)), { code: 'CODEC_TRUNCATED' });
});

test('frames of libvpx', () => {
  assert.deepEqual(parseVp9FrameHeader(VP9_UNITS.key), {
    profile: 0,
    key: true,
    shown: true,
    width: 64,
    height: 64,
    bitDepth: 8,
  });
  const inter = parseVp9FrameHeader(VP9_UNITS.inter);
  assert.deepEqual([inter.key, inter.shown, inter.width], [false, true, undefined]);
});

test('key frames of the other profiles', () => {
  const bits = (text: string) =>
    Uint8Array.from(
      (text.padEnd(Math.ceil(text.length / 8) * 8, '0').match(/.{8}/g) ?? []).map((byte) =>
        Number.parseInt(byte, 2),
      ),
    );
  const sync = '010010011000001101000010';
  const size = '0000010101111111' + '0000001011001111'; // 1408x720
  // Profile 3: reserved bit, 12 bits, RGB, reserved bit.
  const rgb = parseVp9FrameHeader(
    bits('10' + '11' + '0' + '0' + '0' + '1' + '0' + sync + '1' + '111' + '0' + size),
  );
  assert.deepEqual([rgb.profile, rgb.bitDepth, rgb.width, rgb.height], [3, 12, 1408, 720]);
  // Profile 1: not RGB: range, subsampling of two bits, reserved bit.
  const yuv = parseVp9FrameHeader(
    bits('10' + '10' + '0' + '0' + '0' + '0' + sync + '001' + '1' + '00' + '0' + size),
  );
  assert.deepEqual([yuv.profile, yuv.shown, yuv.width, yuv.height], [1, false, 1408, 720]);
});

test('an existing frame shown is no key frame', () => {
  assert.deepEqual(parseVp9FrameHeader(hex('88')), {
    profile: 0,
    key: false,
    shown: true,
    width: undefined,
    height: undefined,
    bitDepth: undefined,
  });
});

test('what is no VP9 frame is refused', () => {
  assert.throws(() => parseVp9FrameHeader(hex('42')), { code: 'CODEC_INVALID', message: /marker/ });
  assert.throws(() => parseVp9FrameHeader(hex('82498343 00')), { code: 'CODEC_INVALID' });
  assert.throws(() => parseVp9FrameHeader(VP9_UNITS.key.subarray(0, 6)), {
    code: 'CODEC_TRUNCATED',
  });
});
