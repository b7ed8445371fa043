import { parseAacConfig } from '../../../shared/codecs/aac.ts';
import { parseAc3Header } from '../../../shared/codecs/ac3.ts';
import { CodecError } from '../../../shared/codecs/codec-error.ts';
import { parseFlacConfig } from '../../../shared/codecs/flac.ts';
import { parseMpegAudioHeader } from '../../../shared/codecs/mp3.ts';
import { OPUS_SAMPLE_RATE, opusPacketSamples } from '../../../shared/codecs/opus.ts';
import { describeConfig } from '../../../shared/codecs/track-info.ts';
import { parseVp9FrameHeader } from '../../../shared/codecs/vp9.ts';
import type { AudioCodec, AudioPacket, MediaPacket, VideoCodec } from '../../../shared/media.ts';
import { ac3Configuration } from '../mp4/ac3-configuration.ts';
import type { Mp4AudioTrack, Mp4VideoTrack } from '../mp4/track.ts';

interface TrackFormatBase {
  /** As `Mp4Track` has it. */
  readonly config: Uint8Array;
  /** RFC 6381 name. */
  readonly codecString: string;
}

export interface VideoFormat extends TrackFormatBase {
  readonly kind: 'video';
  readonly codec: Mp4VideoTrack['codec'];
  readonly width: number;
  readonly height: number;
  /** Pictures a second as the encoder declares them. */
  readonly frameRate?: number;
}

export interface AudioFormat extends TrackFormatBase {
  readonly kind: 'audio';
  readonly codec: Mp4AudioTrack['codec'];
  /** Hz as played. */
  readonly sampleRate: number;
  readonly channels: number;
  /** What a frame takes, µs (not always whole); undefined where frames differ. */
  readonly frameTime?: number;
}

/** All that muxers and playlists have to know of a track. */
export type TrackFormat = VideoFormat | AudioFormat;

const VIDEO: ReadonlySet<string> = new Set(['h264', 'hevc', 'av1', 'vp9']);
const AUDIO: ReadonlySet<string> = new Set(['aac', 'mp3', 'opus', 'ac3', 'eac3', 'flac']);
const WITHOUT_CONFIG: ReadonlySet<string> = new Set(['mp3', 'ac3', 'eac3']);

/** Whether HLS has a place for the codec; what it has none for is left out of it. */
export function hlsCarries(codec: VideoCodec | AudioCodec): boolean {
  return VIDEO.has(codec) || AUDIO.has(codec);
}

/**
 * The format of a track from its configuration packet, where the codec has one, and a frame that
 * decoding can start at. Undefined when either does not tell what has to be known.
 */
export function trackFormat(
  config: MediaPacket | undefined,
  frame: MediaPacket,
): TrackFormat | undefined {
  const { codec } = frame;
  if (!hlsCarries(codec)) return undefined;
  const hasOwn = !WITHOUT_CONFIG.has(codec);
  if (hasOwn && config?.codec !== codec) return undefined;
  const record = hasOwn ? config!.payload : frame.payload;
  try {
    const info = describeConfig(codec, record);
    if (!info.codecString) return undefined;
    const { codecString } = info;
    if (frame.kind === 'video') {
      const size = info.width && info.height ? info : pictureSize(frame);
      return {
        kind: 'video',
        codec: codec as VideoFormat['codec'],
        config: record,
        codecString,
        width: size?.width ?? 0,
        height: size?.height ?? 0,
        frameRate: info.frameRate,
      };
    }
    if (!info.sampleRate) return undefined;
    return {
      kind: 'audio',
      codec: codec as AudioFormat['codec'],
      config: hasOwn ? record : boxContent(frame),
      codecString,
      sampleRate: info.sampleRate,
      channels: info.channels ?? 2,
      frameTime: constantFrameTime(frame, record),
    };
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

/** VP9 tells its size in the key frame only. */
function pictureSize(frame: MediaPacket): { width?: number; height?: number } | undefined {
  return frame.codec === 'vp9' ? parseVp9FrameHeader(frame.payload) : undefined;
}

function boxContent(frame: AudioPacket): Uint8Array {
  return frame.codec === 'mp3' ? new Uint8Array(0) : ac3Configuration(frame.payload);
}

function constantFrameTime(frame: AudioPacket, record: Uint8Array): number | undefined {
  switch (frame.codec) {
    case 'aac': {
      const { frameLength, sampleRate } = parseAacConfig(record);
      return (frameLength * 1e6) / sampleRate;
    }
    case 'mp3': {
      const { samples, sampleRate } = parseMpegAudioHeader(frame.payload);
      return (samples * 1e6) / sampleRate;
    }
    case 'ac3':
    case 'eac3': {
      const { samples, sampleRate } = parseAc3Header(frame.payload);
      return (samples * 1e6) / sampleRate;
    }
    case 'flac': {
      const { minBlockSize, maxBlockSize, sampleRate } = parseFlacConfig(record);
      return minBlockSize === maxBlockSize ? (maxBlockSize * 1e6) / sampleRate : undefined;
    }
    default:
      return undefined;
  }
}

/** What a frame of the track takes, µs (not always whole); 0 when only the next one tells. */
export function frameTime(format: TrackFormat, frame: Uint8Array): number {
  if (format.kind === 'video') return 0;
  if (format.frameTime !== undefined) return format.frameTime;
  if (format.codec !== 'opus') return 0;
  try {
    return (opusPacketSamples(frame) * 1e6) / OPUS_SAMPLE_RATE;
  } catch (error) {
    if (error instanceof CodecError) return 0;
    throw error;
  }
}
