import { readU16, readU32 } from '../bytes.ts';
import { CodecError, codecTruncated } from './codec-error.ts';

/** HEVCDecoderConfigurationRecord, the content of an `hvcC` box and of an HEVC sequence header. */
export interface HevcConfig {
  /** general_profile_space: 0, or 1 to 3 for what others may define. */
  readonly profileSpace: number;
  readonly tier: 'main' | 'high';
  /** general_profile_idc: 1 Main, 2 Main 10, … */
  readonly profile: number;
  /** general_profile_compatibility_flags, the first flag being the highest of 32 bits. */
  readonly compatibility: number;
  /** The 48 bits of constraint flags, six bytes. */
  readonly constraints: Uint8Array;
  /** general_level_idc: thirty times the level. */
  readonly level: number;
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** Bytes of the length before each NAL unit: 1, 2 or 4. */
  readonly nalLengthSize: number;
  /** NAL units with their header of two bytes, sharing memory with the record. */
  readonly vps: readonly Uint8Array[];
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
}

// nal_unit_type, HEVC table 7-1.
export const HEVC_NAL_VPS = 32;
export const HEVC_NAL_SPS = 33;
export const HEVC_NAL_PPS = 34;
export const HEVC_NAL_AUD = 35;
export const HEVC_NAL_SEI_PREFIX = 39;

/** nal_unit_type out of a NAL unit's first byte. */
export function hevcNalType(firstByte: number): number {
  return (firstByte >> 1) & 0x3f;
}

const HEADER_SIZE = 23;

/**
 * Parses an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15, 8.3.3.1).
 *
 *     version UI8, profile_space UB[2], tier UB[1], profile UB[5], compatibility UI32,
 *     constraints UB[48], level UI8, min_spatial_segmentation UI16, parallelismType UI8,
 *     chromaFormat UI8, bitDepthLumaMinus8 UI8, bitDepthChromaMinus8 UI8, avgFrameRate UI16,
 *     constantFrameRate UB[2], numTemporalLayers UB[3], nested UB[1], lengthSizeMinusOne UB[2],
 *     numOfArrays UI8, { completeness UB[1], reserved UB[1], type UB[6], count UI16,
 *                        { length UI16, NAL unit } … } …
 *
 * Version 0 is read too: early muxers wrote it.
 *
 * @throws CodecError `CODEC_TRUNCATED`, `CODEC_INVALID`.
 */
export function parseHevcConfig(record: Uint8Array): HevcConfig {
  if (record.length < HEADER_SIZE) {
    throw codecTruncated('The HEVC configuration', HEADER_SIZE, record.length);
  }
  if (record[0]! > 1) {
    throw new CodecError(
      'CODEC_INVALID',
      `The HEVC configuration's version is ${record[0]}; expected 1.`,
    );
  }
  const nalLengthSize = (record[21]! & 3) + 1;
  if (nalLengthSize === 3) {
    throw new CodecError(
      'CODEC_INVALID',
      'The HEVC configuration declares NAL lengths of 3 bytes.',
    );
  }
  const vps: Uint8Array[] = [];
  const sps: Uint8Array[] = [];
  const pps: Uint8Array[] = [];
  let at = HEADER_SIZE;
  for (let array = 0; array < record[22]!; array++) {
    if (at + 3 > record.length) {
      throw codecTruncated('The HEVC configuration', at + 3, record.length);
    }
    const type = record[at]! & 0x3f;
    const count = readU16(record, at + 1);
    at += 3;
    for (let i = 0; i < count; i++) {
      const start = at + 2;
      const end = start > record.length ? start : start + readU16(record, at);
      if (end > record.length) throw codecTruncated('The HEVC configuration', end, record.length);
      const unit = record.subarray(start, end);
      if (unit.length > 0) {
        if (type === HEVC_NAL_VPS) vps.push(unit);
        else if (type === HEVC_NAL_SPS) sps.push(unit);
        else if (type === HEVC_NAL_PPS) pps.push(unit);
      }
      at = end;
    }
  }
  return {
    profileSpace: record[1]! >> 6,
    tier: record[1]! & 0x20 ? 'high' : 'main',
    profile: record[1]! & 0x1f,
    compatibility: readU32(record, 2),
    constraints: record.subarray(6, 12),
    level: record[12]!,
    chromaFormat: record[16]! & 3,
    bitDepthLuma: 8 + (record[17]! & 7),
    bitDepthChroma: 8 + (record[18]! & 7),
    nalLengthSize,
    vps,
    sps,
    pps,
  };
}
