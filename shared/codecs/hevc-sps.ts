import { BitReader } from './bit-reader.ts';
import { CodecError } from './codec-error.ts';
import { removeEmulationPrevention } from './nal-units.ts';
import { readVuiIfWhole, readVuiStart } from './vui.ts';
import type { Colour, SampleAspectRatio } from './vui.ts';

/** What a sequence parameter set tells that a server or player cares about. */
export interface HevcSps {
  readonly id: number;
  readonly profileSpace: number;
  readonly tier: 'main' | 'high';
  readonly profile: number;
  readonly compatibility: number;
  readonly constraints: Uint8Array;
  readonly level: number;
  /** sps_max_sub_layers: 1 to 7. */
  readonly subLayers: number;
  readonly temporalIdNested: boolean;
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** Pixels shown, inside the conformance window. */
  readonly width: number;
  readonly height: number;
  /** sps_max_num_reorder_pics of the highest sub-layer: 0 means no B-frames. */
  readonly maxNumReorderPics: number;
  readonly sampleAspectRatio: SampleAspectRatio | undefined;
  readonly colour: Colour | undefined;
  /** Frames a second from the VUI's timing, where it is there. */
  readonly frameRate: number | undefined;
}

/** Level 6.2 allows 35,651,584 luma samples, no side above 8 times the square root (A.4.1). */
const MAX_SIDE = 16888;

/**
 * Parses a sequence parameter set (HEVC 7.3.2.2, annex E.2.1).
 *
 * @param unit The NAL unit with its header of two bytes, without start code.
 * @throws CodecError `CODEC_TRUNCATED`, `CODEC_INVALID`.
 */
export function parseHevcSps(unit: Uint8Array): HevcSps {
  const reader = new BitReader(removeEmulationPrevention(unit.subarray(2)));
  reader.skip(4); // sps_video_parameter_set_id
  const subLayers = limited(reader.read(3), 6, 'sps_max_sub_layers_minus1') + 1;
  const temporalIdNested = reader.flag();
  const general = readProfileTierLevel(reader, subLayers);
  const id = limited(reader.ue(), 15, 'sps_seq_parameter_set_id');

  const chromaFormat = limited(reader.ue(), 3, 'chroma_format_idc');
  const separatePlanes = chromaFormat === 3 && reader.flag();
  let width = reader.ue();
  let height = reader.ue();
  if (reader.flag()) {
    // The conformance window counts in chroma samples (7.4.3.2.1).
    const unitX = !separatePlanes && (chromaFormat === 1 || chromaFormat === 2) ? 2 : 1;
    const unitY = !separatePlanes && chromaFormat === 1 ? 2 : 1;
    width -= (reader.ue() + reader.ue()) * unitX;
    height -= (reader.ue() + reader.ue()) * unitY;
  }
  if (width <= 0 || height <= 0 || width > MAX_SIDE || height > MAX_SIDE) {
    throw new CodecError(
      'CODEC_INVALID',
      `The SPS declares ${width}x${height} pixels; expected 1 to ${MAX_SIDE} a side.`,
    );
  }
  const bitDepthLuma = 8 + limited(reader.ue(), 8, 'bit_depth_luma_minus8');
  const bitDepthChroma = 8 + limited(reader.ue(), 8, 'bit_depth_chroma_minus8');
  const pocBits = 4 + limited(reader.ue(), 12, 'log2_max_pic_order_cnt_lsb_minus4');
  let maxNumReorderPics = 0;
  for (let layer = reader.flag() ? 0 : subLayers - 1; layer < subLayers; layer++) {
    reader.ue(); // sps_max_dec_pic_buffering_minus1
    maxNumReorderPics = reader.ue();
    reader.ue(); // sps_max_latency_increase_plus1
  }
  skipCodingTools(reader, pocBits);
  const vui = readVuiIfWhole(reader, readVui, NO_VUI);
  return {
    id,
    ...general,
    subLayers,
    temporalIdNested,
    chromaFormat,
    bitDepthLuma,
    bitDepthChroma,
    width,
    height,
    maxNumReorderPics,
    ...vui,
  };
}

type General = Pick<
  HevcSps,
  'profileSpace' | 'tier' | 'profile' | 'compatibility' | 'constraints' | 'level'
>;

/** profile_tier_level(), 7.3.3. */
function readProfileTierLevel(reader: BitReader, subLayers: number): General {
  const profileSpace = reader.read(2);
  const tier = reader.flag() ? 'high' : 'main';
  const profile = reader.read(5);
  const compatibility = reader.read(32);
  const constraints = new Uint8Array(6);
  for (let i = 0; i < 6; i++) constraints[i] = reader.read(8);
  const level = reader.read(8);

  let present = 0; // two bits a sub-layer: profile present, level present
  if (subLayers > 1) present = reader.read(16);
  for (let layer = 0; layer < subLayers - 1; layer++) {
    const bits = present >> (14 - 2 * layer);
    if (bits & 2) reader.skip(88);
    if (bits & 1) reader.skip(8);
  }
  return { profileSpace, tier, profile, compatibility, constraints, level };
}

/** From log2_min_luma_coding_block_size_minus3 to strong_intra_smoothing_enabled_flag. */
function skipCodingTools(reader: BitReader, pocBits: number): void {
  for (let i = 0; i < 6; i++) reader.ue(); // block sizes and depths
  if (reader.flag() && reader.flag()) skipScalingLists(reader);
  reader.skip(2); // amp_enabled_flag, sample_adaptive_offset_enabled_flag
  if (reader.flag()) {
    reader.skip(8); // pcm bit depths
    reader.ue();
    reader.ue();
    reader.skip(1);
  }
  const shortTermSets = limited(reader.ue(), 64, 'num_short_term_ref_pic_sets');
  let previous = 0;
  for (let i = 0; i < shortTermSets; i++) previous = skipShortTermSet(reader, i, previous);
  if (reader.flag()) {
    const longTerm = limited(reader.ue(), 32, 'num_long_term_ref_pics_sps');
    reader.skip(longTerm * (pocBits + 1));
  }
  reader.skip(2); // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
}

/** scaling_list_data(), 7.3.4. */
function skipScalingLists(reader: BitReader): void {
  for (let sizeId = 0; sizeId < 4; sizeId++) {
    for (let matrixId = 0; matrixId < 6; matrixId += sizeId === 3 ? 3 : 1) {
      if (!reader.flag()) {
        reader.ue();
        continue;
      }
      const coefficients = Math.min(64, 1 << (4 + (sizeId << 1)));
      if (sizeId > 1) reader.se();
      for (let i = 0; i < coefficients; i++) reader.se();
    }
  }
}

/**
 * st_ref_pic_set(), 7.3.7; returns NumDeltaPocs, which the next set may count by.
 *
 * @param previous NumDeltaPocs of the set before.
 */
function skipShortTermSet(reader: BitReader, index: number, previous: number): number {
  if (index > 0 && reader.flag()) {
    reader.skip(1); // delta_rps_sign
    reader.ue();
    let count = 0;
    for (let j = 0; j <= previous; j++) {
      const used = reader.flag();
      if (used || reader.flag()) count += 1;
    }
    return count;
  }
  const negative = limited(reader.ue(), 16, 'num_negative_pics');
  const positive = limited(reader.ue(), 16, 'num_positive_pics');
  for (let i = 0; i < negative + positive; i++) {
    reader.ue();
    reader.skip(1);
  }
  return negative + positive;
}

type Vui = Pick<HevcSps, 'sampleAspectRatio' | 'colour' | 'frameRate'>;

const NO_VUI: Vui = { sampleAspectRatio: undefined, colour: undefined, frameRate: undefined };

/** vui_parameters(), annex E.2.1, as far as the timing. */
function readVui(reader: BitReader): Vui {
  const { sampleAspectRatio, colour } = readVuiStart(reader);
  reader.skip(3); // neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag
  if (reader.flag()) for (let i = 0; i < 4; i++) reader.ue(); // default display window
  let frameRate: number | undefined;
  if (reader.flag()) {
    const unitsInTick = reader.read(32);
    const timeScale = reader.read(32);
    // A tick is a picture's time, unlike in H.264.
    if (unitsInTick > 0 && timeScale > 0) frameRate = timeScale / unitsInTick;
  }
  return { sampleAspectRatio, colour, frameRate };
}

function limited(value: number, max: number, name: string): number {
  if (value <= max) return value;
  throw new CodecError('CODEC_INVALID', `${name} is ${value} in the SPS; expected 0 to ${max}.`);
}
