import type { BitReader } from './bit-reader.ts';
import { CodecError } from './codec-error.ts';

/** What H.264 (annex E.1.1) and HEVC (annex E.2.1) write alike in their VUI. */

/** Width to height of one sample. */
export interface SampleAspectRatio {
  readonly width: number;
  readonly height: number;
}

/** Code points of ITU-T H.273; 2 is "unspecified". */
export interface Colour {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly fullRange: boolean;
}

/** aspect_ratio_idc, H.264 table E-1. */
const RATIOS: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
];

const EXTENDED_SAR = 255;

/** Reads aspect_ratio_info_present_flag and what follows; undefined where it is unspecified. */
function readSampleAspectRatio(reader: BitReader): SampleAspectRatio | undefined {
  if (!reader.flag()) return undefined;
  const index = reader.read(8);
  const [width, height] =
    index === EXTENDED_SAR ? [reader.read(16), reader.read(16)] : (RATIOS[index] ?? [0, 0]);
  return width > 0 && height > 0 ? { width, height } : undefined;
}

/** Reads video_signal_type_present_flag and what follows; undefined where nothing is told. */
function readColour(reader: BitReader): Colour | undefined {
  if (!reader.flag()) return undefined;
  reader.skip(3); // video_format
  const fullRange = reader.flag();
  if (!reader.flag()) return { primaries: 2, transfer: 2, matrix: 2, fullRange };
  return {
    primaries: reader.read(8),
    transfer: reader.read(8),
    matrix: reader.read(8),
    fullRange,
  };
}

/** What both begin with, as far as the place of chroma samples, which is passed over. */
export function readVuiStart(reader: BitReader): {
  readonly sampleAspectRatio: SampleAspectRatio | undefined;
  readonly colour: Colour | undefined;
} {
  const sampleAspectRatio = readSampleAspectRatio(reader);
  if (reader.flag()) reader.skip(1); // overscan
  const colour = readColour(reader);
  if (reader.flag()) {
    reader.ue(); // chroma_sample_loc_type_top_field
    reader.ue(); // … and of the bottom field
  }
  return { sampleAspectRatio, colour };
}

/**
 * Reads vui_parameters_present_flag and what follows; `none` where there is nothing, or where it
 * ends too early, as some encoders write it: the picture's size stands before it.
 */
export function readVuiIfWhole<V>(reader: BitReader, read: (reader: BitReader) => V, none: V): V {
  if (!reader.flag()) return none;
  try {
    return read(reader);
  } catch (error) {
    if (error instanceof CodecError) return none;
    throw error;
  }
}
