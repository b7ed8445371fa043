import { BitReader } from './bit-reader.ts';
import { CodecError, codecTruncated } from './codec-error.ts';

/** VPCodecConfigurationRecord, the content of a `vpcC` box and of a VP9 sequence start. */
export interface Vp9Config {
  readonly profile: number;
  /** Ten times the level; 0 where the encoder did not tell. */
  readonly level: number;
  readonly bitDepth: number;
  /** 0 and 1: 4:2:0, 2: 4:2:2, 3: 4:4:4. */
  readonly chromaSubsampling: number;
  readonly fullRange: boolean;
  /** Code points of ITU-T H.273. */
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
}

/**
 * Parses a VPCodecConfigurationRecord ("VP Codec ISO Media File Format Binding", "VP Codec
 * Configuration Box").
 *
 *     profile UI8, level UI8, bitDepth UB[4], chromaSubsampling UB[3], fullRange UB[1],
 *     primaries UI8, transfer UI8, matrix UI8, codecInitializationDataSize UI16 = 0
 *
 * In the box, version 1 and flags (01 00 00 00) come before that; they are skipped, as some send
 * them over RTMP too. They cannot be mistaken: a bit depth is never 0.
 *
 * @throws CodecError `CODEC_TRUNCATED`.
 */
export function parseVp9Config(record: Uint8Array): Vp9Config {
  const boxed = record.length >= 10 && record[0] === 1 && record[1] === 0 && record[2] === 0;
  const at = boxed ? 4 : 0;
  if (record.length < at + 6) throw codecTruncated('The VP9 configuration', at + 6, record.length);
  return {
    profile: record[at]!,
    level: record[at + 1]!,
    bitDepth: record[at + 2]! >> 4,
    chromaSubsampling: (record[at + 2]! >> 1) & 7,
    fullRange: (record[at + 2]! & 1) === 1,
    primaries: record[at + 3]!,
    transfer: record[at + 4]!,
    matrix: record[at + 5]!,
  };
}

export interface Vp9FrameHeader {
  readonly profile: number;
  readonly key: boolean;
  /** False for a frame that is only referred to. */
  readonly shown: boolean;
  /** Pixels; key frames only. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** Key frames only. */
  readonly bitDepth: number | undefined;
}

/**
 * Reads the start of uncompressed_header() (VP9 6.2) of a frame or of a superframe's first frame.
 *
 * @throws CodecError `CODEC_TRUNCATED`, `CODEC_INVALID`.
 */
export function parseVp9FrameHeader(frame: Uint8Array): Vp9FrameHeader {
  const reader = new BitReader(frame);
  if (reader.read(2) !== 2) {
    throw new CodecError('CODEC_INVALID', 'The VP9 frame marker is missing.');
  }
  const profile = reader.read(1) | (reader.read(1) << 1);
  if (profile === 3) reader.skip(1);
  const unsized = { profile, width: undefined, height: undefined, bitDepth: undefined };
  if (reader.flag()) return { ...unsized, key: false, shown: true }; // show_existing_frame
  const key = !reader.flag();
  const shown = reader.flag();
  reader.skip(1); // error_resilient_mode
  if (!key) return { ...unsized, key, shown };

  const sync = reader.read(24);
  if (sync !== 0x498342) {
    throw new CodecError(
      'CODEC_INVALID',
      `The VP9 sync code is 0x${sync.toString(16)}; expected 0x498342.`,
    );
  }
  // color_config(), 6.2.2
  const bitDepth = profile >= 2 ? (reader.flag() ? 12 : 10) : 8;
  const rgb = reader.read(3) === 7;
  if (!rgb) reader.skip(1); // color_range
  if (profile === 1 || profile === 3) reader.skip(rgb ? 1 : 3);
  const width = reader.read(16) + 1;
  const height = reader.read(16) + 1;
  return { profile, key, shown, width, height, bitDepth };
}
