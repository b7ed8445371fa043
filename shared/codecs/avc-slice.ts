import { AVC_NAL_IDR, AVC_NAL_SLICE, avcNalType } from './avc.ts';
import { BitReader } from './bit-reader.ts';
import { CodecError } from './codec-error.ts';
import { nalUnitEnd, removeEmulationPrevention } from './nal-units.ts';

export type SliceType = 'P' | 'B' | 'I' | 'SP' | 'SI';

/** slice_type modulo 5, H.264 table 7-6. */
const SLICE_TYPES: readonly SliceType[] = ['P', 'B', 'I', 'SP', 'SI'];

/** What the first slices of an access unit say of the whole. */
export interface AvcAccessUnit {
  /** An IDR picture: decoding can start here. */
  readonly idr: boolean;
  /** nal_ref_idc is not 0: other pictures may refer to this one. */
  readonly reference: boolean;
  readonly sliceType: SliceType;
}

/** Two Exp-Golomb codes of 31 zeros at most take 16 bytes; emulation prevention adds 5. */
const SLICE_HEADER_PEEK = 22;

/**
 * The type of a slice, from its NAL unit of type 1 or 5 (H.264 7.3.3: first_mb_in_slice, then
 * slice_type).
 *
 * @throws CodecError `CODEC_TRUNCATED`, `CODEC_INVALID`.
 */
export function avcSliceType(unit: Uint8Array): SliceType {
  const reader = new BitReader(removeEmulationPrevention(unit.subarray(1, SLICE_HEADER_PEEK)));
  reader.ue();
  const code = reader.ue();
  const type = code < 10 ? SLICE_TYPES[code % 5] : undefined;
  if (type !== undefined) return type;
  throw new CodecError('CODEC_INVALID', `The slice type is ${code}; expected 0 to 9.`);
}

/**
 * Looks at the first slice of a length-prefixed access unit; undefined where there is none
 * (parameter sets or SEI alone).
 *
 * @throws CodecError `CODEC_TRUNCATED`, `CODEC_INVALID`.
 */
export function inspectAvcAccessUnit(
  payload: Uint8Array,
  nalLengthSize: number,
): AvcAccessUnit | undefined {
  let at = 0;
  while (at < payload.length) {
    const start = at + nalLengthSize;
    at = nalUnitEnd(payload, at, nalLengthSize);
    if (at === start) continue;
    const header = payload[start]!;
    const type = avcNalType(header);
    if (type !== AVC_NAL_SLICE && type !== AVC_NAL_IDR) continue;
    return {
      idr: type === AVC_NAL_IDR,
      reference: (header & 0x60) !== 0,
      sliceType: avcSliceType(payload.subarray(start, at)),
    };
  }
  return undefined;
}
