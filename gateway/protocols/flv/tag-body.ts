import { writeU24, writeU32, fourCc } from '../../../shared/bytes.ts';
import { FlvError } from '../../../shared/flv/flv-error.ts';
import type { AudioCodec, PacketRole, VideoCodec } from '../../../shared/media.ts';

/** A picture or configuration that came from elsewhere than RTMP. */
export interface VideoBodyInput {
  codec: VideoCodec;
  role: PacketRole;
  /** Presentation minus decoding time, integer µs; rounded to ms. */
  compositionTime: number;
  payload: Uint8Array;
}

/** Sound or configuration that came from elsewhere than RTMP. */
export interface AudioBodyInput {
  codec: AudioCodec;
  role: 'config' | 'key';
  payload: Uint8Array;
  /** Hz; legacy headers other than AAC's tell it. Default 44100. */
  sampleRate?: number;
  /** Default 2. */
  channels?: number;
}

const EX_VIDEO_FOURCC: Partial<Record<VideoCodec, number>> = {
  hevc: fourCc('hvc1'),
  av1: fourCc('av01'),
  vp9: fourCc('vp09'),
  vp8: fourCc('vp08'),
};

const EX_AUDIO_FOURCC: Partial<Record<AudioCodec, number>> = {
  opus: fourCc('Opus'),
  ac3: fourCc('ac-3'),
  eac3: fourCc('ec-3'),
  flac: fourCc('fLaC'),
};

/** CodecID of those that have a legacy header only. */
const LEGACY_VIDEO_ID: Partial<Record<VideoCodec, number>> = { h263: 2, vp6: 4 };

/** SoundFormat of those that have a legacy header only. */
const LEGACY_SOUND_FORMAT: Partial<Record<AudioCodec, number>> = {
  mp3: 2,
  pcm: 3,
  nellymoser: 6,
  g711a: 7,
  g711u: 8,
  speex: 11,
};

/**
 * An RTMP video message's payload: the legacy AVC header for H.264, which every player knows, and
 * Enhanced RTMP's for newer codecs. The payload is copied.
 *
 * @throws FlvError `FLV_UNSUPPORTED`: Screen Video, of which there are two formats under one name.
 */
export function videoBody(input: VideoBodyInput): Buffer {
  const { codec, role, payload } = input;
  // Frame type 3 (disposable) is for H.263 only; players of H.264 know 1 and 2.
  const frameType = role === 'config' || role === 'key' ? 1 : 2;
  const time = Math.round(input.compositionTime / 1000);

  if (codec === 'h264') {
    const body = Buffer.allocUnsafe(5 + payload.length);
    body[0] = (frameType << 4) | 7;
    body[1] = role === 'config' ? 0 : 1;
    writeU24(body, 2, role === 'config' ? 0 : time);
    body.set(payload, 5);
    return body;
  }

  const fourCc = EX_VIDEO_FOURCC[codec];
  if (fourCc !== undefined) {
    // CodedFrames (1) has a composition time for HEVC only; CodedFramesX (3) implies zero.
    const timed = codec === 'hevc' && role !== 'config' && time !== 0;
    const packetType = role === 'config' ? 0 : timed || codec !== 'hevc' ? 1 : 3;
    const header = timed ? 8 : 5;
    const body = Buffer.allocUnsafe(header + payload.length);
    body[0] = 0x80 | (frameType << 4) | packetType;
    writeU32(body, 1, fourCc);
    if (timed) writeU24(body, 5, time);
    body.set(payload, header);
    return body;
  }

  const id = LEGACY_VIDEO_ID[codec];
  if (id === undefined)
    throw new FlvError('FLV_UNSUPPORTED', `No FLV tag is written for ${codec}.`);
  return withFirstByte(
    ((codec === 'h263' && role === 'disposable' ? 3 : frameType) << 4) | id,
    payload,
  );
}

/**
 * An RTMP audio message's payload: the legacy header for AAC, MP3 and what is older, Enhanced
 * RTMP's for Opus, AC-3, E-AC-3 and FLAC. The payload is copied.
 */
export function audioBody(input: AudioBodyInput): Buffer {
  const { codec, role, payload } = input;
  if (codec === 'aac') {
    const body = Buffer.allocUnsafe(2 + payload.length);
    body[0] = 0xaf; // AAC's rate, size and channels are constants: 44.1 kHz, 16 bits, stereo
    body[1] = role === 'config' ? 0 : 1;
    body.set(payload, 2);
    return body;
  }
  const fourCc = EX_AUDIO_FOURCC[codec];
  if (fourCc !== undefined) {
    const body = Buffer.allocUnsafe(5 + payload.length);
    body[0] = 0x90 | (role === 'config' ? 0 : 1);
    writeU32(body, 1, fourCc);
    body.set(payload, 5);
    return body;
  }
  const { sampleRate = 44100, channels = 2 } = input;
  const format = codec === 'mp3' && sampleRate === 8000 ? 14 : (LEGACY_SOUND_FORMAT[codec] ?? 3);
  const stereo = channels > 1 ? 1 : 0;
  return withFirstByte((format << 4) | (soundRate(sampleRate) << 2) | 2 | stereo, payload);
}

/** SoundRate: the nearest of 5.5, 11, 22 and 44.1 kHz; 48 kHz MP3 is customarily sent as 44.1. */
function soundRate(sampleRate: number): number {
  if (sampleRate > 33000) return 3;
  if (sampleRate > 16500) return 2;
  return sampleRate > 8000 ? 1 : 0;
}

function withFirstByte(first: number, payload: Uint8Array): Buffer {
  const body = Buffer.allocUnsafe(1 + payload.length);
  body[0] = first;
  body.set(payload, 1);
  return body;
}
