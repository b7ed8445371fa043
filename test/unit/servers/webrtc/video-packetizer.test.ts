import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PacketRole, VideoPacket } from '../../../../shared/media.ts';
import { RtpClock } from '../../../../gateway/servers/webrtc/rtp-clock.ts';
import {
  isRtpVideo,
  VideoPacketizer,
} from '../../../../gateway/servers/webrtc/video-packetizer.ts';
import { AVC_CONFIG, numberedPicture } from '../../../helpers/numbered-publisher.ts';

const packet = (role: PacketRole, payload: Uint8Array, pts = 40_000): VideoPacket => ({
  kind: 'video',
  codec: 'h264',
  track: 0,
  role,
  dts: pts,
  pts,
  payload,
  body: payload,
});

const clock = new RtpClock(() => 0, 0, 1000);

test('key frames carry the parameter sets of the configuration', () => {
  const packetizer = new VideoPacketizer(clock);
  assert.equal(packetizer.push(packet('config', AVC_CONFIG)), undefined);
  assert.equal(packetizer.profile, 0x4d);
  const key = packetizer.push(packet('key', numberedPicture(0, true, 100)))!;
  assert.equal(key.payloads[0]![0]! & 0x1f, 24);
  assert.equal(key.key, true);
  assert.equal(key.timestamp, 1000 + 3600);
  assert.equal(
    key.bytes,
    key.payloads.reduce((sum, { length }) => sum + length, 0),
  );
  const delta = packetizer.push(packet('delta', numberedPicture(1, false, 100)))!;
  assert.equal(delta.payloads.length, 1);
  assert.equal(delta.payloads[0]![0]! & 0x1f, 1);
});

test('disposable frames are known as such', () => {
  const packetizer = new VideoPacketizer(clock);
  const frame = packetizer.push(packet('disposable', numberedPicture(1, false, 100)))!;
  assert.equal(frame.disposable, true);
});

test('a malformed packet throws for the outlet to leave it out', () => {
  const packetizer = new VideoPacketizer(clock);
  assert.throws(() => packetizer.push(packet('delta', Buffer.from([0, 0, 9, 9, 1]))), {
    code: 'CODEC_TRUNCATED',
  });
});

test('VP9 and AV1 frames become payloads too', () => {
  const packetizer = new VideoPacketizer(clock);
  const vp9 = { ...packet('key', Buffer.alloc(3000, 7)), codec: 'vp9' as const };
  assert.equal(packetizer.push(vp9)!.payloads.length, 3);
  const obu = Buffer.concat([Buffer.from([(6 << 3) | 2, 20]), Buffer.alloc(20)]);
  const av1 = { ...packet('delta', obu), codec: 'av1' as const };
  assert.equal(packetizer.push(av1)!.payloads.length, 1);
});

test('the codecs that go over RTP', () => {
  assert.deepEqual(['h264', 'hevc', 'av1', 'vp9', 'vp6', 'h263'].map(isRtpVideo), [
    ...[true, true, true, true, false, false],
  ]);
});
