import { CodecError, codecTruncated } from './codec-error.ts';

/** AV1CodecConfigurationRecord, the content of an `av1C` box and of an AV1 sequence start. */
export interface Av1Config {
  /** seq_profile: 0 Main, 1 High, 2 Professional. */
  readonly profile: number;
  /** seq_level_idx: level X.Y is 4 * (X - 2) + Y. */
  readonly level: number;
  readonly tier: 'main' | 'high';
  readonly bitDepth: 8 | 10 | 12;
  readonly monochrome: boolean;
  readonly subsamplingX: boolean;
  readonly subsamplingY: boolean;
  /** 0 unknown, 1 vertical, 2 colocated. */
  readonly chromaSamplePosition: number;
  /** configOBUs: usually the sequence header, possibly nothing; shares memory with the record. */
  readonly obus: Uint8Array;
}

/** obu_type, AV1 6.2.2. */
const OBU_SEQUENCE_HEADER = 1;

/**
 * - `type`: obu_type;
 * - `start`: index of the OBU's header;
 * - `content`: index of what follows header and size;
 * - `end`: index after the OBU.
 *
 * Returning false ends the visit.
 */
export type ObuVisitor = (type: number, start: number, content: number, end: number) => unknown;

/**
 * Visits the open bitstream units of a temporal unit in low-overhead format (AV1 5.2, 5.3).
 *
 * @throws CodecError `CODEC_TRUNCATED`, `CODEC_INVALID`.
 */
export function forEachObu(data: Uint8Array, visit: ObuVisitor): void {
  let at = 0;
  while (at < data.length) {
    const start = at;
    const header = data[at]!;
    if (header & 0x80) {
      throw new CodecError('CODEC_INVALID', `The OBU at byte ${start} has its forbidden bit set.`);
    }
    at += header & 0x04 ? 2 : 1; // obu_extension_flag
    let end = data.length; // without obu_has_size_field the OBU is the last
    if (header & 0x02) {
      let size = 0;
      let factor = 1;
      let byte: number;
      // leb128(), 4.10.5: at most 8 bytes, at most 2^32 - 1.
      do {
        if (at >= data.length) throw codecTruncated('The OBU', at + 1, data.length);
        byte = data[at++]!;
        size += (byte & 0x7f) * factor;
        factor *= 128;
      } while (byte & 0x80 && factor < 2 ** 56);
      end = at + size;
    }
    if (end > data.length || at > data.length) {
      throw codecTruncated('The OBU', Math.max(at, end), data.length);
    }
    if (visit((header >> 3) & 0x0f, start, at, end) === false) return;
    at = end;
  }
}

/**
 * Parses an AV1CodecConfigurationRecord ("AV1 Codec ISO Media File Format Binding", 2.3.3).
 *
 *     marker UB[1] = 1, version UB[7] = 1, profile UB[3], level UB[5],
 *     tier UB[1], high_bitdepth UB[1], twelve_bit UB[1], monochrome UB[1],
 *     subsampling_x UB[1], subsampling_y UB[1], chroma_sample_position UB[2],
 *     presentation delay UI8, configOBUs
 *
 * @throws CodecError `CODEC_TRUNCATED`, `CODEC_INVALID`.
 */
export function parseAv1Config(record: Uint8Array): Av1Config {
  if (record.length < 4) throw codecTruncated('The AV1 configuration', 4, record.length);
  if (record[0] !== 0x81) {
    throw new CodecError(
      'CODEC_INVALID',
      `The AV1 configuration begins with ${record[0]}; expected marker and version 1, 129.`,
    );
  }
  const flags = record[2]!;
  return {
    profile: record[1]! >> 5,
    level: record[1]! & 0x1f,
    tier: flags & 0x80 ? 'high' : 'main',
    bitDepth: flags & 0x40 ? (flags & 0x20 ? 12 : 10) : 8,
    monochrome: (flags & 0x10) !== 0,
    subsamplingX: (flags & 0x08) !== 0,
    subsamplingY: (flags & 0x04) !== 0,
    chromaSamplePosition: flags & 0x03,
    obus: record.subarray(4),
  };
}

/** The first sequence header: the whole OBU, and its content; undefined where there is none. */
export function findSequenceHeader(
  data: Uint8Array,
): { obu: Uint8Array; content: Uint8Array } | undefined {
  let found: { obu: Uint8Array; content: Uint8Array } | undefined;
  forEachObu(data, (type, start, content, end) => {
    if (type !== OBU_SEQUENCE_HEADER) return true;
    found = { obu: data.subarray(start, end), content: data.subarray(content, end) };
    return false;
  });
  return found;
}
