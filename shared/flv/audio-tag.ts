import { fourCc, fourCcName, readU32 } from '../bytes.ts';
import type { AudioCodec } from '../media.ts';
import { PACKET_TYPE_MOD_EX, readModEx, truncated } from './enhanced.ts';
import { FlvError } from './flv-error.ts';
import { forEachTrack } from './multitrack.ts';

export interface AudioTag {
  /**
   * - `config`: AudioSpecificConfig, OpusHead, or FLAC's `fLaC` with STREAMINFO;
   * - `frame`: one or more whole frames of the codec;
   * - `end`: the sequence ends, nothing inside;
   * - `channels`: Enhanced RTMP's MultichannelConfig (order UI8, count UI8, mapping).
   */
  readonly kind: 'config' | 'frame' | 'end' | 'channels';
  readonly codec: AudioCodec;
  /** Enhanced RTMP track id; 0 otherwise. */
  readonly track: number;
  /** To be added to the message's time: integer µs (ModEx TimestampOffsetNano), else 0. */
  readonly timeOffset: number;
  /**
   * What the legacy header says: Hz, bits a sample, number of channels; 0 where it says nothing,
   * which is so for Enhanced RTMP, and for AAC, where these bits are constants.
   */
  readonly sampleRate: number;
  readonly sampleSize: number;
  readonly channels: number;
  /** The codec's bytes; shares memory with the body. */
  readonly payload: Uint8Array;
}

// SoundFormat of the FLV specification 10.1, annex E.4.2.1, and 9 of Enhanced RTMP v2.
const SOUND_FORMAT_EXTENDED = 9;

interface LegacyFormat {
  readonly codec: AudioCodec;
  /** Hz, where the format fixes it whatever the rate bits say. */
  readonly sampleRate?: number;
  readonly channels?: number;
}

const LEGACY_FORMATS: readonly (LegacyFormat | undefined)[] = [
  { codec: 'pcm' }, // platform endian: little-endian on every encoder there is
  undefined, // ADPCM
  { codec: 'mp3' },
  { codec: 'pcm' },
  { codec: 'nellymoser', sampleRate: 16000, channels: 1 },
  { codec: 'nellymoser', sampleRate: 8000, channels: 1 },
  { codec: 'nellymoser' },
  { codec: 'g711a', sampleRate: 8000 },
  { codec: 'g711u', sampleRate: 8000 },
  undefined,
  { codec: 'aac' },
  { codec: 'speex', sampleRate: 16000, channels: 1 },
  undefined,
  undefined,
  { codec: 'mp3', sampleRate: 8000 },
  undefined, // device-specific
];

/** Hz by the SoundRate bits. */
const SAMPLE_RATES = [5512, 11025, 22050, 44100] as const;

const FOURCC_CODECS: ReadonlyMap<number, AudioCodec> = new Map([
  [fourCc('mp4a'), 'aac'],
  [fourCc('.mp3'), 'mp3'],
  [fourCc('Opus'), 'opus'],
  [fourCc('ac-3'), 'ac3'],
  [fourCc('ec-3'), 'eac3'],
  [fourCc('fLaC'), 'flac'],
]);

// AudioPacketType of Enhanced RTMP v2, "Enhanced Audio".
const SEQUENCE_START = 0;
const CODED_FRAMES = 1;
const SEQUENCE_END = 2;
const MULTICHANNEL_CONFIG = 4;
const MULTITRACK = 5;

/**
 * Parses the payload of an RTMP audio message, which is the body of an FLV audio tag: the legacy
 * header (FLV 10.1 annex E.4.2.1) and the extended one (Enhanced RTMP v2, ExAudioTagHeader).
 *
 * Returns one tag, or several for a message of several tracks, or none where there is nothing
 * inside.
 *
 * @throws FlvError `FLV_TRUNCATED`, `FLV_UNSUPPORTED`, `FLV_INVALID`.
 */
export function parseAudioTag(body: Uint8Array): AudioTag[] {
  if (body.length === 0) return [];
  const first = body[0]!;
  return first >> 4 === SOUND_FORMAT_EXTENDED
    ? parseExtended(body, first)
    : parseLegacy(body, first);
}

/** SoundFormat UB[4], SoundRate UB[2], SoundSize UB[1], SoundType UB[1]; AACPacketType UI8. */
function parseLegacy(body: Uint8Array, first: number): AudioTag[] {
  const format = LEGACY_FORMATS[first >> 4];
  if (format === undefined) {
    throw new FlvError('FLV_UNSUPPORTED', `Sound format ${first >> 4} is not supported.`);
  }
  if (format.codec === 'aac') {
    if (body.length < 2) throw truncated('the AAC packet header', 2, body.length);
    const packetType = body[1]!;
    if (packetType > 1) {
      throw new FlvError('FLV_INVALID', `AAC packet type is ${packetType}; expected 0 or 1.`);
    }
    if (body.length === 2) return [];
    return [extendedTag(packetType === 0 ? 'config' : 'frame', 'aac', 0, 0, body.subarray(2))];
  }
  if (body.length === 1) return [];
  return [
    {
      kind: 'frame',
      codec: format.codec,
      track: 0,
      timeOffset: 0,
      sampleRate: format.sampleRate ?? SAMPLE_RATES[((first >> 2) & 3) as 0 | 1 | 2 | 3],
      sampleSize: first & 2 ? 16 : 8,
      channels: format.channels ?? (first & 1) + 1,
      payload: body.subarray(1),
    },
  ];
}

/**
 *     soundFormat UB[4] = 9, packetType UB[4]
 *     modifiers             while packetType is ModEx
 *     tracks                when packetType is Multitrack
 *     fourCc      UI32, then the content
 */
function parseExtended(body: Uint8Array, first: number): AudioTag[] {
  let packetType = first & 0x0f;
  let at = 1;
  let timeOffset = 0;
  if (packetType === PACKET_TYPE_MOD_EX) {
    ({ packetType, at, timeOffset } = readModEx(body, at));
  }
  if (packetType === MULTITRACK) {
    const offset = timeOffset;
    const tags: AudioTag[] = [];
    forEachTrack(body, at, MULTITRACK, (codecFourCc, track, trackPacketType, content) => {
      const tag = parseContent(codecOf(codecFourCc), trackPacketType, track, offset, content);
      if (tag) tags.push(tag);
    });
    return tags;
  }
  if (body.length < at + 4) throw truncated('the FourCC', at + 4, body.length);
  const codec = codecOf(readU32(body, at));
  const tag = parseContent(codec, packetType, 0, timeOffset, body.subarray(at + 4));
  return tag ? [tag] : [];
}

function codecOf(value: number): AudioCodec {
  const codec = FOURCC_CODECS.get(value);
  if (codec !== undefined) return codec;
  throw new FlvError(
    'FLV_UNSUPPORTED',
    `Audio codec ${fourCcName(value)} is not supported; expected mp4a, .mp3, Opus, ac-3, ec-3 or fLaC.`,
  );
}

function parseContent(
  codec: AudioCodec,
  packetType: number,
  track: number,
  timeOffset: number,
  content: Uint8Array,
): AudioTag | undefined {
  switch (packetType) {
    case SEQUENCE_START:
      // Opus's comment header may come as a second sequence start: no decoder needs it.
      if (content.length === 0 || (codec === 'opus' && isOpusTags(content))) return undefined;
      return extendedTag('config', codec, track, 0, content);
    case CODED_FRAMES:
      return content.length === 0
        ? undefined
        : extendedTag('frame', codec, track, timeOffset, content);
    case SEQUENCE_END:
      return extendedTag('end', codec, track, 0, content);
    case MULTICHANNEL_CONFIG:
      return extendedTag('channels', codec, track, 0, content);
    default:
      throw new FlvError(
        'FLV_UNSUPPORTED',
        `Audio packet type ${packetType} is not known; expected 0, 1, 2, 4, 5 or 7.`,
      );
  }
}

/** "OpusTags", RFC 7845 5.2. */
function isOpusTags(content: Uint8Array): boolean {
  return (
    content.length >= 8 && readU32(content, 0) === 0x4f707573 && readU32(content, 4) === 0x54616773
  );
}

/** A tag whose header tells nothing of the sound. */
function extendedTag(
  kind: AudioTag['kind'],
  codec: AudioCodec,
  track: number,
  timeOffset: number,
  payload: Uint8Array,
): AudioTag {
  return { kind, codec, track, timeOffset, sampleRate: 0, sampleSize: 0, channels: 0, payload };
}
