import { readU16, readU24, readU32 } from '../bytes.ts';
import { CodecError, codecTruncated } from './codec-error.ts';

/** STREAMINFO. */
export interface FlacConfig {
  /** Samples a channel. */
  readonly minBlockSize: number;
  readonly maxBlockSize: number;
  readonly sampleRate: number;
  readonly channels: number;
  readonly bitsPerSample: number;
  /** The 34 bytes, sharing memory with the configuration. */
  readonly streamInfo: Uint8Array;
}

const STREAM_INFO_SIZE = 34;

/**
 * Parses a FLAC configuration (RFC 9639, 8.2): `fLaC` and metadata blocks of which STREAMINFO is
 * the first, or the block with its header, or its 34 bytes alone, as all three are sent.
 *
 * @throws CodecError `CODEC_TRUNCATED`, `CODEC_INVALID`.
 */
export function parseFlacConfig(config: Uint8Array): FlacConfig {
  const info = findStreamInfo(config);
  const sampleRate = readU24(info, 10) >> 4;
  const bits = readU16(info, 12);
  const maxBlockSize = readU16(info, 2);
  if (sampleRate === 0 || maxBlockSize < 16) {
    throw new CodecError(
      'CODEC_INVALID',
      `The FLAC STREAMINFO declares ${sampleRate} Hz and blocks of ${maxBlockSize} samples.`,
    );
  }
  return {
    minBlockSize: readU16(info, 0),
    maxBlockSize,
    sampleRate,
    channels: ((bits >> 9) & 7) + 1,
    bitsPerSample: ((bits >> 4) & 0x1f) + 1,
    streamInfo: info,
  };
}

function findStreamInfo(config: Uint8Array): Uint8Array {
  let at = 0;
  if (config.length >= 4 && readU32(config, 0) === 0x664c6143) at = 4; // "fLaC"
  if (at > 0 || config.length >= STREAM_INFO_SIZE + 4) {
    if (config.length < at + 4) {
      throw codecTruncated('The FLAC configuration', at + 4, config.length);
    }
    const size = readU24(config, at + 1);
    if ((config[at]! & 0x7f) !== 0 || size !== STREAM_INFO_SIZE) {
      throw new CodecError(
        'CODEC_INVALID',
        `The first FLAC metadata block has type ${config[at]! & 0x7f} and ${size} bytes; ` +
          `expected STREAMINFO, type 0, ${STREAM_INFO_SIZE} bytes.`,
      );
    }
    at += 4;
  }
  if (config.length < at + STREAM_INFO_SIZE) {
    throw codecTruncated('The FLAC STREAMINFO', at + STREAM_INFO_SIZE, config.length);
  }
  return config.subarray(at, at + STREAM_INFO_SIZE);
}
