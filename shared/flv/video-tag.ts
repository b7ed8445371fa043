import { fourCc, fourCcName, readI24, readU32 } from '../bytes.ts';
import type { VideoCodec } from '../media.ts';
import { PACKET_TYPE_MOD_EX, readModEx, truncated } from './enhanced.ts';
import { FlvError } from './flv-error.ts';
import { forEachTrack } from './multitrack.ts';

/** A video message that carries pictures, or what a decoder needs to know. */
export interface VideoMediaTag {
  /**
   * - `config`: a decoder configuration record (avcC, hvcC, av1C, vpcC content);
   * - `frame`: an access unit;
   * - `end`: the sequence ends, nothing inside;
   * - `metadata`: AMF-encoded picture properties (colour, HDR) of Enhanced RTMP.
   */
  readonly kind: 'config' | 'frame' | 'end' | 'metadata';
  readonly codec: VideoCodec;
  /** Decoding can start here. What the message claims, not what its bytes hold. */
  readonly key: boolean;
  /** No other frame refers to this one. */
  readonly disposable: boolean;
  /** Presentation minus message time: integer µs, may be negative. */
  readonly compositionTime: number;
  /** Enhanced RTMP track id; 0 otherwise. */
  readonly track: number;
  /** The codec's bytes; shares memory with the body. */
  readonly payload: Uint8Array;
}

/** Frame type 5: a note to the player (0: a seek starts, 1: it ended), no picture. */
export interface VideoCommandTag {
  readonly kind: 'command';
  readonly track: number;
  readonly payload: Uint8Array;
}

export type VideoTag = VideoMediaTag | VideoCommandTag;

const FRAME_TYPE_KEY = 1;
const FRAME_TYPE_DISPOSABLE = 3;
const FRAME_TYPE_GENERATED_KEY = 4;
const FRAME_TYPE_COMMAND = 5;

/** CodecID of the FLV specification 10.1, annex E.4.3.1; 12 is the custom of Chinese services. */
const LEGACY_CODECS: readonly (VideoCodec | undefined)[] = [
  undefined,
  undefined,
  'h263',
  'screen',
  'vp6',
  'vp6',
  'screen',
  'h264',
  undefined,
  undefined,
  undefined,
  undefined,
  'hevc',
];

const FOURCC_CODECS: ReadonlyMap<number, VideoCodec> = new Map([
  [fourCc('avc1'), 'h264'],
  [fourCc('hvc1'), 'hevc'],
  [fourCc('av01'), 'av1'],
  [fourCc('vp09'), 'vp9'],
  [fourCc('vp08'), 'vp8'],
]);

// VideoPacketType of Enhanced RTMP v2, "Enhanced Video".
const SEQUENCE_START = 0;
const CODED_FRAMES = 1;
const SEQUENCE_END = 2;
const CODED_FRAMES_X = 3;
const METADATA = 4;
const MPEG2_TS_SEQUENCE_START = 5;
const MULTITRACK = 6;

/**
 * Parses the payload of an RTMP video message, which is the body of an FLV video tag: the legacy
 * header (FLV 10.1 annex E.4.3.1) and the extended one (Enhanced RTMP v2, ExVideoTagHeader).
 *
 * Returns one tag, or several for a message of several tracks, or none where there is nothing
 * inside: encoders do send empty messages.
 *
 * @throws FlvError `FLV_TRUNCATED`, `FLV_UNSUPPORTED`, `FLV_INVALID`.
 */
export function parseVideoTag(body: Uint8Array): VideoTag[] {
  if (body.length === 0) return [];
  const first = body[0]!;
  return first & 0x80 ? parseExtended(body, first) : parseLegacy(body, first);
}

function parseLegacy(body: Uint8Array, first: number): VideoTag[] {
  const frameType = first >> 4;
  if (frameType === FRAME_TYPE_COMMAND) {
    return [{ kind: 'command', track: 0, payload: body.subarray(1) }];
  }
  const codec = LEGACY_CODECS[first & 0x0f];
  if (codec === undefined) {
    throw new FlvError(
      'FLV_UNSUPPORTED',
      `Video codec id ${first & 0x0f} is not supported; expected 2 to 7 or 12.`,
    );
  }
  if (codec !== 'h264' && codec !== 'hevc') {
    return body.length === 1 ? [] : [mediaTag('frame', codec, frameType, 0, 0, body.subarray(1))];
  }

  // AVCVIDEOPACKET: AVCPacketType UI8, CompositionTime SI24 in ms, data.
  if (body.length < 5) {
    // The end of a sequence has no use for its composition time, and some leave it out.
    if (body[1] === 2) return [mediaTag('end', codec, frameType, 0, 0, body.subarray(body.length))];
    throw truncated('the AVC packet header', 5, body.length);
  }
  const payload = body.subarray(5);
  switch (body[1]) {
    case 0:
      return payload.length === 0 ? [] : [mediaTag('config', codec, frameType, 0, 0, payload)];
    case 1:
      return payload.length === 0
        ? []
        : [mediaTag('frame', codec, frameType, readI24(body, 2) * 1000, 0, payload)];
    case 2:
      return [mediaTag('end', codec, frameType, 0, 0, payload)];
    default:
      throw new FlvError('FLV_INVALID', `AVC packet type is ${body[1]}; expected 0, 1 or 2.`);
  }
}

/**
 *     isExHeader UB[1] = 1, frameType UB[3], packetType UB[4]
 *     modifiers            while packetType is ModEx
 *     command    UI8       when frameType is Command and packetType is not Metadata; ends here
 *     tracks               when packetType is Multitrack
 *     fourCc     UI32, then the content
 */
function parseExtended(body: Uint8Array, first: number): VideoTag[] {
  const frameType = (first >> 4) & 0x07;
  let packetType = first & 0x0f;
  let at = 1;
  let timeOffset = 0;
  if (packetType === PACKET_TYPE_MOD_EX) {
    ({ packetType, at, timeOffset } = readModEx(body, at));
  }
  if (frameType === FRAME_TYPE_COMMAND && packetType !== METADATA) {
    return [{ kind: 'command', track: 0, payload: body.subarray(at) }];
  }
  if (packetType === MULTITRACK) {
    const tags: VideoTag[] = [];
    forEachTrack(body, at, MULTITRACK, (codecFourCc, track, trackPacketType, content) => {
      const tag = parseContent(
        codecOf(codecFourCc),
        frameType,
        trackPacketType,
        timeOffset,
        track,
        content,
      );
      if (tag) tags.push(tag);
    });
    return tags;
  }
  if (body.length < at + 4) throw truncated('the FourCC', at + 4, body.length);
  const codec = codecOf(readU32(body, at));
  const tag = parseContent(codec, frameType, packetType, timeOffset, 0, body.subarray(at + 4));
  return tag ? [tag] : [];
}

function codecOf(value: number): VideoCodec {
  const codec = FOURCC_CODECS.get(value);
  if (codec !== undefined) return codec;
  throw new FlvError(
    'FLV_UNSUPPORTED',
    `Video codec ${fourCcName(value)} is not supported; expected avc1, hvc1, av01, vp09 or vp08.`,
  );
}

function parseContent(
  codec: VideoCodec,
  frameType: number,
  packetType: number,
  timeOffset: number,
  track: number,
  content: Uint8Array,
): VideoMediaTag | undefined {
  switch (packetType) {
    case SEQUENCE_START:
      if (content.length === 0) return undefined;
      return mediaTag('config', codec, frameType, 0, track, content);
    case CODED_FRAMES: {
      // Only codecs with NAL units have a composition time: SI24 in ms.
      if (codec !== 'h264' && codec !== 'hevc') break;
      if (content.length < 3) throw truncated('the composition time', 3, content.length);
      if (content.length === 3) return undefined;
      const time = readI24(content, 0) * 1000 + timeOffset;
      return mediaTag('frame', codec, frameType, time, track, content.subarray(3));
    }
    case CODED_FRAMES_X:
      break;
    case SEQUENCE_END:
      return mediaTag('end', codec, frameType, 0, track, content);
    case METADATA:
      return mediaTag('metadata', codec, frameType, 0, track, content);
    case MPEG2_TS_SEQUENCE_START:
      return parseTsSequenceStart(codec, frameType, track, content);
    default:
      throw new FlvError(
        'FLV_UNSUPPORTED',
        `Video packet type ${packetType} is not known; expected 0 to 7.`,
      );
  }
  if (content.length === 0) return undefined;
  return mediaTag('frame', codec, frameType, timeOffset, track, content);
}

/**
 * An AV1 video descriptor ("Carriage of AV1 in MPEG-2 TS", 2.1) is a tag (0x80), a length (4) and
 * then the four bytes that an av1C box begins with: a configuration record without its OBUs.
 */
function parseTsSequenceStart(
  codec: VideoCodec,
  frameType: number,
  track: number,
  content: Uint8Array,
): VideoMediaTag {
  if (codec !== 'av1') {
    throw new FlvError(
      'FLV_UNSUPPORTED',
      `An MPEG-2 TS sequence start came for ${codec}; it is defined for av1 only.`,
    );
  }
  if (content.length < 6) throw truncated('the AV1 video descriptor', 6, content.length);
  if (content[0] !== 0x80) {
    throw new FlvError(
      'FLV_INVALID',
      `The AV1 video descriptor has the tag ${content[0]}; expected 128.`,
    );
  }
  return mediaTag('config', codec, frameType, 0, track, content.subarray(2));
}

function mediaTag(
  kind: VideoMediaTag['kind'],
  codec: VideoCodec,
  frameType: number,
  compositionTime: number,
  track: number,
  payload: Uint8Array,
): VideoMediaTag {
  return {
    kind,
    codec,
    key: frameType === FRAME_TYPE_KEY || frameType === FRAME_TYPE_GENERATED_KEY,
    disposable: frameType === FRAME_TYPE_DISPOSABLE,
    compositionTime,
    track,
    payload,
  };
}
