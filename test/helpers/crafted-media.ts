import { buildAvcConfig } from '../../shared/codecs/avc.ts';
import { buildOpusConfig } from '../../shared/codecs/opus.ts';
import type { AudioPacket, PacketRole, VideoPacket } from '../../shared/media.ts';
import { buildAacConfig } from './aac-config.ts';

/** Packets made by hand: well-formed for muxers, with times and marks of the test's choosing. */

/** Parameter sets of 320×180 at 25 pictures a second, High profile. */
export const AVC_SPS = Buffer.from('6764000cacb40a0cfcf808800000030080000019078a1550', 'hex');
/** The same picture, Main profile in name. */
export const AVC_OTHER_SPS = Buffer.from('674d000cacb40a0cfcf808800000030080000019078a1550', 'hex');
export const AVC_PPS = Buffer.from('68ef0fcb', 'hex');
export const AVC_CONFIG = buildAvcConfig({ sps: [AVC_SPS], pps: [AVC_PPS] });
export const AVC_OTHER_CONFIG = buildAvcConfig({ sps: [AVC_OTHER_SPS], pps: [AVC_PPS] });

export const AAC_CONFIG = buildAacConfig({
  objectType: 2,
  sampleRate: 44_100,
  channelConfiguration: 2,
});
export const AAC_OTHER_CONFIG = buildAacConfig({
  objectType: 2,
  sampleRate: 48_000,
  channelConfiguration: 2,
});
export const OPUS_CONFIG = buildOpusConfig({ channels: 2 });

/** What an AAC frame at 44.1 kHz takes, µs. */
export const AAC_FRAME = (1024 * 1e6) / 44_100;

/** An H.264 packet at `ms` with one slice of `size` bytes, the last of which is `mark`. */
export function avc(ms: number, role: PacketRole = 'delta', mark = 0, size = 20): VideoPacket {
  const payload = Buffer.alloc(4 + size, 0x11);
  payload.writeUInt32BE(size);
  payload[4] = role === 'key' ? 0x65 : 0x41;
  payload[payload.length - 1] = mark;
  return video(ms, role, payload);
}

export function avcConfig(ms = 0, config: Uint8Array = AVC_CONFIG): VideoPacket {
  return video(ms, 'config', config);
}

function video(ms: number, role: PacketRole, payload: Uint8Array): VideoPacket {
  const time = { dts: ms * 1000, pts: ms * 1000 };
  return { kind: 'video', codec: 'h264', track: 0, role, ...time, payload, body: payload };
}

/** An AAC packet at `ms`. */
export function aac(ms: number, mark = 0): AudioPacket {
  return audio(ms, 'key', Buffer.from([0x21, 0x10, 0x04, mark]));
}

export function aacConfig(ms = 0, config: Uint8Array = AAC_CONFIG): AudioPacket {
  return audio(ms, 'config', config);
}

function audio(ms: number, role: PacketRole, payload: Uint8Array): AudioPacket {
  const time = { dts: ms * 1000, pts: ms * 1000 };
  return { kind: 'audio', codec: 'aac', track: 0, role, ...time, payload, body: payload };
}

export interface CameraOptions {
  readonly from?: number;
  readonly seconds: number;
  /** Distance of pictures and of key frames, ms. */
  readonly interval?: number;
  readonly gop?: number;
  readonly sound?: boolean;
}

/** Pictures, and sound if wanted, as an encoder sends them: in the order of their times, ms. */
export function camera(options: CameraOptions): (VideoPacket | AudioPacket)[] {
  const { from = 0, seconds, interval = 40, gop = 1000, sound = true } = options;
  const packets: (VideoPacket | AudioPacket)[] = [];
  for (let ms = 0; ms < seconds * 1000; ms += interval) {
    packets.push(avc(from + ms, ms % gop === 0 ? 'key' : 'delta', (ms / interval) & 0xff));
  }
  if (sound) packets.push(...microphone({ from, seconds }));
  return packets.sort(
    (a, b) => a.dts - b.dts || Number(b.kind === 'video') - Number(a.kind === 'video'),
  );
}

/** AAC frames at ms-rounded times. */
export function microphone(options: { from?: number; seconds: number }): AudioPacket[] {
  const { from = 0, seconds } = options;
  const packets: AudioPacket[] = [];
  for (let index = 0; index * AAC_FRAME < seconds * 1e6; index++) {
    packets.push(aac(from + Math.round((index * AAC_FRAME) / 1000), index & 0xff));
  }
  return packets;
}
