/** How WebCodecs wants a stream's codecs to be named and described (WebCodecs codec registry). */
import { describeConfig } from '../../../shared/codecs/track-info.ts';
import type { AudioCodec, VideoCodec } from '../../../shared/media.ts';

/** The configuration for a `VideoDecoder`; `undefined` when there is none for this codec. */
export function videoConfig(codec: VideoCodec, record: Uint8Array): VideoDecoderConfig | undefined {
  const name = describeConfig(codec, record).codecString;
  if (name === undefined) return undefined;
  // VP8 and VP9 decoders take no record; those of the others cannot do without.
  const described = codec === 'h264' || codec === 'hevc' || codec === 'av1';
  return {
    codec: name,
    ...(described ? { description: record.slice() } : {}),
    optimizeForLatency: true,
  };
}

/**
 * The configuration for an `AudioDecoder`, by the codec's record, or by its first frame where it
 * has no record (MP3); `undefined` when browsers have no decoder for it.
 */
export function audioConfig(codec: AudioCodec, record: Uint8Array): AudioDecoderConfig | undefined {
  const { codecString, sampleRate, channels } = describeConfig(codec, record);
  if (sampleRate === undefined) return undefined;
  const format = { sampleRate, numberOfChannels: channels ?? 2 };
  switch (codec) {
    case 'aac':
      if (codecString === undefined) return undefined;
      return { codec: codecString, ...format, description: record.slice() };
    case 'mp3':
      return { codec: 'mp3', ...format };
    case 'opus':
      return { codec: 'opus', ...format, description: record.slice() };
    case 'flac':
      return { codec: 'flac', ...format, description: record.slice() };
    default:
      return undefined;
  }
}

/** Codecs whose frames explain themselves, so that no configuration record comes before them. */
export function hasNoRecord(codec: VideoCodec | AudioCodec): boolean {
  return codec === 'mp3' || codec === 'vp8';
}
