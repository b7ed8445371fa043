/** How WebCodecs wants a stream's codecs to be named and described (WebCodecs codec registry). */
import { describeConfig } from '../../../shared/codecs/track-info.ts';
import type { AudioCodec, VideoCodec } from '../../../shared/media.ts';

/** A `VideoDecoderConfig`, in so far as it is used here. */
export interface PictureConfig {
  readonly codec: string;
  readonly description?: Uint8Array<ArrayBuffer>;
  readonly optimizeForLatency: true;
}

/** An `AudioDecoderConfig`. */
export interface SoundConfig {
  readonly codec: string;
  readonly sampleRate: number;
  readonly numberOfChannels: number;
  readonly description?: Uint8Array<ArrayBuffer>;
}

/** The configuration for a `VideoDecoder`; `undefined` when there is none for this codec. */
export function videoConfig(codec: VideoCodec, record: Uint8Array): PictureConfig | undefined {
  const name = describeConfig(codec, record).codecString;
  if (name === undefined) return undefined;
  // VP8 and VP9 decoders take no record; those of the others cannot do without.
  const described = codec === 'h264' || codec === 'hevc' || codec === 'av1';
  return {
    codec: name,
    ...(described ? { description: new Uint8Array(record) } : {}),
    optimizeForLatency: true,
  };
}

/**
 * The configuration for an `AudioDecoder`, by the codec's record, or by its first frame where it
 * has no record (MP3); `undefined` when browsers have no decoder for it.
 */
export function audioConfig(codec: AudioCodec, record: Uint8Array): SoundConfig | undefined {
  const { codecString, sampleRate, channels } = describeConfig(codec, record);
  if (sampleRate === undefined) return undefined;
  const format = { sampleRate, numberOfChannels: channels ?? 2 };
  switch (codec) {
    case 'aac':
      if (codecString === undefined) return undefined;
      return { codec: codecString, ...format, description: new Uint8Array(record) };
    case 'mp3':
      return { codec: 'mp3', ...format };
    case 'opus':
      return { codec: 'opus', ...format, description: new Uint8Array(record) };
    case 'flac':
      return { codec: 'flac', ...format, description: new Uint8Array(record) };
    default:
      return undefined;
  }
}

/** Codecs whose frames explain themselves, so that no configuration record comes before them. */
export function hasNoRecord(codec: VideoCodec | AudioCodec): boolean {
  return codec === 'mp3' || codec === 'vp8';
}
