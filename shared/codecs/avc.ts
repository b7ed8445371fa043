import { readU16, writeU16 } from '../bytes.ts';
import { parseAvcSps } from './avc-sps.ts';
import { CodecError, codecTruncated } from './codec-error.ts';

/** AVCDecoderConfigurationRecord, the content of an `avcC` box and of an AVC sequence header. */
export interface AvcConfig {
  /** profile_idc: 66 Baseline, 77 Main, 100 High, … */
  readonly profile: number;
  /** The constraint_set flags. */
  readonly compatibility: number;
  /** level_idc: ten times the level. */
  readonly level: number;
  /** Bytes of the length before each NAL unit: 1, 2 or 4. */
  readonly nalLengthSize: number;
  /** NAL units with their header, sharing memory with the record. */
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
}

// nal_unit_type, H.264 table 7-1.
export const AVC_NAL_IDR = 5;
export const AVC_NAL_SEI = 6;
export const AVC_NAL_SPS = 7;
export const AVC_NAL_PPS = 8;
export const AVC_NAL_AUD = 9;

/** nal_unit_type out of a NAL unit's first byte. */
export function avcNalType(firstByte: number): number {
  return firstByte & 0x1f;
}

/**
 * Parses an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).
 *
 *     version=1 UI8, profile UI8, compatibility UI8, level UI8,
 *     reserved UB[6], lengthSizeMinusOne UB[2],
 *     reserved UB[3], numOfSequenceParameterSets UB[5], { length UI16, SPS } …,
 *     numOfPictureParameterSets UI8, { length UI16, PPS } …
 *
 * What High profiles append is not needed: the SPS says the same.
 *
 * @throws CodecError `CODEC_TRUNCATED`, `CODEC_INVALID`.
 */
export function parseAvcConfig(record: Uint8Array): AvcConfig {
  if (record.length < 7) throw codecTruncated('The AVC configuration', 7, record.length);
  if (record[0] !== 1) {
    throw new CodecError(
      'CODEC_INVALID',
      `The AVC configuration's version is ${record[0]}; expected 1.`,
    );
  }
  const nalLengthSize = (record[4]! & 3) + 1;
  if (nalLengthSize === 3) {
    throw new CodecError('CODEC_INVALID', 'The AVC configuration declares NAL lengths of 3 bytes.');
  }
  const sps: Uint8Array[] = [];
  const pps: Uint8Array[] = [];
  const at = readUnits(record, 6, record[5]! & 0x1f, sps);
  if (at >= record.length) {
    throw codecTruncated('The AVC configuration', at + 1, record.length);
  }
  readUnits(record, at + 1, record[at]!, pps);
  return {
    profile: record[1]!,
    compatibility: record[2]!,
    level: record[3]!,
    nalLengthSize,
    sps,
    pps,
  };
}

function readUnits(record: Uint8Array, at: number, count: number, units: Uint8Array[]): number {
  for (let i = 0; i < count; i++) {
    if (at + 2 > record.length) {
      throw codecTruncated('The AVC configuration', at + 2, record.length);
    }
    const end = at + 2 + readU16(record, at);
    if (end > record.length) throw codecTruncated('The AVC configuration', end, record.length);
    if (end > at + 2) units.push(record.subarray(at + 2, end));
    at = end;
  }
  return at;
}

/**
 * Builds an AVCDecoderConfigurationRecord with NAL lengths of four bytes from parameter sets (NAL
 * units with header, without start code).
 *
 * @throws CodecError `CODEC_INVALID` without an SPS; the SPS's own errors.
 */
export function buildAvcConfig(input: {
  sps: readonly Uint8Array[];
  pps: readonly Uint8Array[];
}): Uint8Array {
  const { sps, pps } = input;
  const first = sps[0];
  if (first === undefined || first.length < 4) {
    throw new CodecError('CODEC_INVALID', 'An AVC configuration needs an SPS of 4 bytes or more.');
  }
  if (sps.length > 31 || pps.length > 255) {
    throw new CodecError(
      'CODEC_INVALID',
      `An AVC configuration holds 31 SPS and 255 PPS; got ${sps.length} and ${pps.length}.`,
    );
  }
  const profile = first[1]!;
  // Baseline, Main and Extended have nothing more to tell (14496-15:2017, 5.3.3.1.2).
  const extended = profile !== 66 && profile !== 77 && profile !== 88;
  const picture = extended ? parseAvcSps(first) : undefined;
  const size =
    7 + [...sps, ...pps].reduce((sum, unit) => sum + 2 + unit.length, 0) + (extended ? 4 : 0);
  const record = new Uint8Array(size);
  record.set([1, profile, first[2]!, first[3]!, 0xff, 0xe0 | sps.length]);
  let at = writeUnits(record, 6, sps);
  record[at] = pps.length;
  at = writeUnits(record, at + 1, pps);
  if (picture) {
    // The extension of the High profiles: chroma_format, bit depths, no SPS extensions.
    const { chromaFormat, bitDepthLuma, bitDepthChroma } = picture;
    record.set(
      [0xfc | chromaFormat, 0xf8 | (bitDepthLuma - 8), 0xf8 | (bitDepthChroma - 8), 0],
      at,
    );
  }
  return record;
}

function writeUnits(record: Uint8Array, at: number, units: readonly Uint8Array[]): number {
  for (const unit of units) {
    if (unit.length > 0xffff) {
      throw new CodecError(
        'CODEC_INVALID',
        `A parameter set has ${unit.length} bytes; at most 65535 fit.`,
      );
    }
    writeU16(record, at, unit.length);
    record.set(unit, at + 2);
    at += 2 + unit.length;
  }
  return at;
}
