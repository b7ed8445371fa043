import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseVp8FrameHeader } from '../../../../shared/codecs/vp8.ts';
import { hex } from '../../../helpers/hex.ts';
import { VP8_UNITS } from './samples.ts';

test('frames of libvpx', () => {
  assert.deepEqual(parseVp8FrameHeader(VP8_UNITS.key), {
    key: true,
    shown: true,
    width: 66,
    height: 50,
  });
  const inter = parseVp8FrameHeader(VP8_UNITS.inter);
  assert.deepEqual([inter.key, inter.width], [false, undefined]);
});

test('the scaling bits are not part of the size', () => {
  const { width, height } = parseVp8FrameHeader(hex('100000 9d012a 4042 80c1'));
  assert.deepEqual([width, height], [0x240, 0x180]);
});

test('what is no VP8 frame is refused', () => {
  assert.throws(() => parseVp8FrameHeader(hex('1000')), { code: 'CODEC_TRUNCATED' });
  assert.throws(() => parseVp8FrameHeader(VP8_UNITS.key.subarray(0, 9)), {
    code: 'CODEC_TRUNCATED',
  });
  assert.throws(() => parseVp8FrameHeader(hex('100000 9d012b 4200 3200')), {
    code: 'CODEC_INVALID',
  });
});
