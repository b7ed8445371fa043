import type { AudioCodec, VideoCodec } from '../media.ts';
import { parseAacConfig } from './aac.ts';
import { parseAc3Header } from './ac3.ts';
import { parseAv1SequenceHeader } from './av1-sequence-header.ts';
import { findSequenceHeader, parseAv1Config } from './av1.ts';
import { avcMayReorder, parseAvcSps } from './avc-sps.ts';
import { parseAvcConfig } from './avc.ts';
import { CodecError } from './codec-error.ts';
import { codecString } from './codec-string.ts';
import { parseFlacConfig } from './flac.ts';
import { parseHevcSps } from './hevc-sps.ts';
import { parseHevcConfig } from './hevc.ts';
import { parseMpegAudioHeader } from './mp3.ts';
import { OPUS_SAMPLE_RATE, parseOpusConfig } from './opus.ts';
import { aacProfileName, avcLevelName, avcProfileName, hevcProfileName } from './profile-names.ts';
import { parseVp8FrameHeader } from './vp8.ts';
import { parseVp9Config } from './vp9.ts';

/** What a track is, for people and statistics. What is not known is left out. */
export interface TrackInfo {
  codec: VideoCodec | AudioCodec;
  /** As in HLS and MediaSource: `avc1.64001f`. */
  codecString?: string;
  /** `High`, `Main 10`, `LC`, … */
  profile?: string;
  /** `3.1` */
  level?: string;
  width?: number;
  height?: number;
  /** Frames a second as the encoder declares, rounded to thousandths. */
  frameRate?: number;
  bitDepth?: number;
  /** Whether there may be B-frames; false is certain. */
  mayReorder?: boolean;
  /** Hz as played. */
  sampleRate?: number;
  channels?: number;
}

/**
 * Describes a track by its configuration record, or, for codecs that have none (MP3, AC-3, E-AC-3,
 * VP8), by its first frame. Never throws for bad bytes: what cannot be read is left out.
 */
export function describeConfig(codec: VideoCodec | AudioCodec, config: Uint8Array): TrackInfo {
  const info: TrackInfo = { codec };
  try {
    const name = codecString(codec, config);
    if (name !== undefined) info.codecString = name;
    Object.assign(info, withoutUndefined(DESCRIBE[codec]?.(config) ?? {}));
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
  }
  return info;
}

type Description = Omit<TrackInfo, 'codec' | 'codecString'>;

const DESCRIBE: Partial<Record<VideoCodec | AudioCodec, (config: Uint8Array) => Description>> = {
  h264(config) {
    const record = parseAvcConfig(config);
    const known = { profile: avcProfileName(record), level: avcLevelName(record) };
    const sps = record.sps[0] && attempt(parseAvcSps, record.sps[0]);
    if (!sps) return known;
    const { width, height, frameRate, bitDepthLuma: bitDepth } = sps;
    return {
      ...known,
      width,
      height,
      frameRate: rounded(frameRate),
      bitDepth,
      mayReorder: avcMayReorder(sps),
    };
  },
  hevc(config) {
    const record = parseHevcConfig(config);
    const known = {
      profile: hevcProfileName(record.profile),
      level: (record.level / 30).toFixed(1),
      bitDepth: record.bitDepthLuma,
    };
    const sps = record.sps[0] && attempt(parseHevcSps, record.sps[0]);
    if (!sps) return known;
    const { width, height, frameRate, maxNumReorderPics } = sps;
    return {
      ...known,
      width,
      height,
      frameRate: rounded(frameRate),
      mayReorder: maxNumReorderPics > 0,
    };
  },
  av1(config) {
    const record = parseAv1Config(config);
    const known = {
      profile: ['Main', 'High', 'Professional'][record.profile],
      level: `${2 + (record.level >> 2)}.${record.level & 3}`,
      bitDepth: record.bitDepth,
      mayReorder: false, // a temporal unit is one shown frame, in the order of showing
    };
    const found = attempt(findSequenceHeader, record.obus);
    const header = found && attempt(parseAv1SequenceHeader, found.content);
    if (!header) return known;
    const { width, height, frameRate } = header;
    return { ...known, width, height, frameRate: rounded(frameRate) };
  },
  vp9(config) {
    const { profile, level, bitDepth } = parseVp9Config(config);
    return {
      profile: `Profile ${profile}`,
      level: level > 0 ? (level / 10).toFixed(1) : undefined,
      bitDepth,
      mayReorder: false,
    };
  },
  vp8(frame) {
    const { width, height } = parseVp8FrameHeader(frame);
    return { width, height, bitDepth: 8, mayReorder: false };
  },
  aac(config) {
    const { outputSampleRate, channels, objectType, sbr, ps } = parseAacConfig(config);
    return {
      profile: aacProfileName({ objectType, sbr, ps }),
      sampleRate: outputSampleRate,
      channels,
    };
  },
  opus(config) {
    return { sampleRate: OPUS_SAMPLE_RATE, channels: parseOpusConfig(config).channels };
  },
  mp3(frame) {
    const { sampleRate, channels } = parseMpegAudioHeader(frame);
    return { sampleRate, channels };
  },
  ac3: describeAc3,
  eac3: describeAc3,
  flac(config) {
    const { sampleRate, channels, bitsPerSample } = parseFlacConfig(config);
    return { sampleRate, channels, bitDepth: bitsPerSample };
  },
};

function describeAc3(frame: Uint8Array): Description {
  const { sampleRate, channels } = parseAc3Header(frame);
  return { sampleRate, channels };
}

/** The outer record is worth showing even where what lies inside is broken. */
function attempt<Result>(
  parse: (bytes: Uint8Array) => Result,
  bytes: Uint8Array,
): Result | undefined {
  try {
    return parse(bytes);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

function rounded(frameRate: number | undefined): number | undefined {
  return frameRate === undefined ? undefined : Math.round(frameRate * 1000) / 1000;
}

function withoutUndefined(values: Description): Description {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
