import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PacketRole, VideoPacket } from '../../../../shared/media.ts';
import { ReorderingDetector } from '../../../../gateway/servers/webrtc/reordering.ts';
import { AVC_CONFIG } from '../../../helpers/numbered-publisher.ts';

const packet = (
  role: PacketRole,
  dts: number,
  offset = 0,
  payload: Uint8Array = new Uint8Array(0),
): VideoPacket => ({
  kind: 'video',
  codec: 'h264',
  track: 0,
  role,
  dts,
  pts: dts + offset,
  payload,
  body: payload,
});

const baseline = Buffer.from(AVC_CONFIG);
baseline[1] = 66;

test('pictures in order are found to be in order', () => {
  const detector = new ReorderingDetector();
  detector.push(packet('key', 0));
  for (let dts = 40; dts < 400; dts += 40) detector.push(packet('delta', dts));
  assert.equal(detector.hasReordering, false);
});

test('a key frame that is shown later than decoded tells at once', () => {
  const detector = new ReorderingDetector();
  detector.push(packet('key', 0, 80_000));
  assert.equal(detector.hasReordering, true);
});

test('a presentation time that goes back tells', () => {
  const detector = new ReorderingDetector();
  detector.push(packet('key', 0));
  detector.push(packet('delta', 40_000, 80_000));
  assert.equal(detector.hasReordering, false);
  detector.push(packet('delta', 80_000, -20_000));
  assert.equal(detector.hasReordering, true);
});

test('Baseline has no B-frames, whatever offset its times have', () => {
  const detector = new ReorderingDetector();
  detector.push(packet('config', 0, 0, baseline));
  detector.push(packet('key', 0, 40_000));
  detector.push(packet('delta', 40_000, 40_000));
  assert.equal(detector.hasReordering, false);
});

test('a new beginning is judged anew', () => {
  const detector = new ReorderingDetector();
  detector.push(packet('key', 0, 80_000));
  detector.reset();
  detector.push(packet('key', 1_000_000));
  assert.equal(detector.hasReordering, false);
});

test('a configuration that cannot be read decides nothing', () => {
  const detector = new ReorderingDetector();
  detector.push(packet('config', 0, 0, Buffer.from([1, 2])));
  detector.push(packet('key', 0, 80_000));
  assert.equal(detector.hasReordering, true);
});
