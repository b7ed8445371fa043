import { writeU24, writeU32, fourCc } from '../../../shared/bytes.ts';
import { FlvError } from '../../../shared/flv/flv-error.ts';
import type { AudioCodec, PacketRole, VideoCodec } from '../../../shared/media.ts';

/** A picture or configuration, whatever it came from. */
export interface VideoBodyInput {
  codec: VideoCodec;
  role: PacketRole;
  /** Presentation minus decoding time, integer µs; rounded to ms. */
  compositionTime: number;
  payload: Uint8Array;
  /** Enhanced RTMP track id, 0 to 255. Default 0, which is written without a track header. */
  track?: number;
}

/** Sound or configuration, whatever it came from. */
export interface AudioBodyInput {
  codec: AudioCodec;
  role: 'config' | 'key';
  payload: Uint8Array;
  /** As for video. */
  track?: number;
  /** Hz; legacy headers other than AAC's tell it. Default 44100. */
  sampleRate?: number;
  /** Default 2. */
  channels?: number;
}

const VIDEO_FOURCC: Partial<Record<VideoCodec, number>> = {
  h264: fourCc('avc1'),
  hevc: fourCc('hvc1'),
  av1: fourCc('av01'),
  vp9: fourCc('vp09'),
  vp8: fourCc('vp08'),
};

const AUDIO_FOURCC: Partial<Record<AudioCodec, number>> = {
  aac: fourCc('mp4a'),
  mp3: fourCc('.mp3'),
  opus: fourCc('Opus'),
  ac3: fourCc('ac-3'),
  eac3: fourCc('ec-3'),
  flac: fourCc('fLaC'),
};

/** CodecID of those that have a legacy header only. */
const LEGACY_VIDEO_ID: Partial<Record<VideoCodec, number>> = { h263: 2, vp6: 4 };

/** SoundFormat of those whose legacy header has one byte. */
const LEGACY_SOUND_FORMAT: Partial<Record<AudioCodec, number>> = {
  mp3: 2,
  pcm: 3,
  nellymoser: 6,
  g711a: 7,
  g711u: 8,
  speex: 11,
};

// PacketType of Enhanced RTMP v2.
const SEQUENCE_START = 0;
const CODED_FRAMES = 1;
const CODED_FRAMES_X = 3;
const VIDEO_MULTITRACK = 6;
const AUDIO_MULTITRACK = 5;

/**
 * An RTMP video message's payload: the legacy AVC header for H.264, which every player knows, and
 * Enhanced RTMP's for newer codecs and for tracks other than the default one. The payload is
 * copied.
 *
 * @throws FlvError `FLV_UNSUPPORTED`: Screen Video, of which there are two formats under one name,
 *   and further tracks of codecs without a FourCC.
 */
export function videoBody(input: VideoBodyInput): Buffer {
  const { codec, role, payload, track = 0 } = input;
  // Frame type 3 (disposable) is for H.263 only; players of other codecs know 1 and 2.
  const frameType = role === 'config' || role === 'key' ? 1 : 2;
  const hasNalUnits = codec === 'h264' || codec === 'hevc';
  const time = role === 'config' || !hasNalUnits ? 0 : Math.round(input.compositionTime / 1000);

  if (codec === 'h264' && track === 0) {
    const body = Buffer.allocUnsafe(5 + payload.length);
    body[0] = (frameType << 4) | 7;
    body[1] = role === 'config' ? 0 : 1;
    writeU24(body, 2, time);
    body.set(payload, 5);
    return body;
  }

  const codecFourCc = VIDEO_FOURCC[codec];
  if (codecFourCc !== undefined) {
    // CodedFrames has a composition time where there are NAL units; CodedFramesX implies zero.
    let packetType = role === 'config' ? SEQUENCE_START : CODED_FRAMES;
    if (hasNalUnits && packetType === CODED_FRAMES && time === 0) packetType = CODED_FRAMES_X;
    const timeSize = time === 0 ? 0 : 3;
    const first = 0x80 | (frameType << 4);
    const body = extendedBody(
      { first, packetType, multitrack: VIDEO_MULTITRACK, fourCc: codecFourCc, track },
      timeSize + payload.length,
    );
    if (timeSize > 0) writeU24(body, body.length - payload.length - timeSize, time);
    body.set(payload, body.length - payload.length);
    return body;
  }

  const id = LEGACY_VIDEO_ID[codec];
  if (id === undefined || track !== 0) throw unsupported(codec, track);
  const legacyFrameType = codec === 'h263' && role === 'disposable' ? 3 : frameType;
  return withFirstByte((legacyFrameType << 4) | id, payload);
}

/**
 * An RTMP audio message's payload: the legacy header for AAC, MP3 and what is older, Enhanced
 * RTMP's for Opus, AC-3, E-AC-3 and FLAC and for tracks other than the default one. The payload is
 * copied.
 *
 * @throws FlvError `FLV_UNSUPPORTED`: further tracks of codecs without a FourCC.
 */
export function audioBody(input: AudioBodyInput): Buffer {
  const { codec, role, payload, track = 0, sampleRate = 44100, channels = 2 } = input;
  if (codec === 'aac' && track === 0) {
    const body = Buffer.allocUnsafe(2 + payload.length);
    body[0] = 0xaf; // AAC's rate, size and channels are constants: 44.1 kHz, 16 bits, stereo
    body[1] = role === 'config' ? 0 : 1;
    body.set(payload, 2);
    return body;
  }

  const legacyFormat = LEGACY_SOUND_FORMAT[codec];
  if (legacyFormat !== undefined && track === 0) {
    const format = codec === 'mp3' && sampleRate === 8000 ? 14 : legacyFormat;
    const stereo = channels > 1 ? 1 : 0;
    return withFirstByte((format << 4) | (soundRate(sampleRate) << 2) | 2 | stereo, payload);
  }

  const codecFourCc = AUDIO_FOURCC[codec];
  if (codecFourCc === undefined) throw unsupported(codec, track);
  const packetType = role === 'config' ? SEQUENCE_START : CODED_FRAMES;
  const body = extendedBody(
    { first: 0x90, packetType, multitrack: AUDIO_MULTITRACK, fourCc: codecFourCc, track },
    payload.length,
  );
  body.set(payload, body.length - payload.length);
  return body;
}

/**
 * A body with its extended header written and room for `contentSize` bytes after it. A track other
 * than 0 goes as a multitrack message of type OneTrack.
 */
function extendedBody(
  header: { first: number; packetType: number; multitrack: number; fourCc: number; track: number },
  contentSize: number,
): Buffer {
  if (header.track === 0) {
    const body = Buffer.allocUnsafe(5 + contentSize);
    body[0] = header.first | header.packetType;
    writeU32(body, 1, header.fourCc);
    return body;
  }
  const body = Buffer.allocUnsafe(7 + contentSize);
  body[0] = header.first | header.multitrack;
  body[1] = header.packetType; // high nibble: OneTrack, 0
  writeU32(body, 2, header.fourCc);
  body[6] = header.track;
  return body;
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

function unsupported(codec: VideoCodec | AudioCodec, track: number): FlvError {
  return new FlvError('FLV_UNSUPPORTED', `There is no FLV tag for ${codec} on track ${track}.`);
}
