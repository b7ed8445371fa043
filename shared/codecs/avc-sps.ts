import { BitReader } from './bit-reader.ts';
import { CodecError } from './codec-error.ts';
import { removeEmulationPrevention } from './nal-units.ts';
import { readVuiIfWhole, readVuiStart } from './vui.ts';
import type { Colour, SampleAspectRatio } from './vui.ts';

/** What a sequence parameter set tells that a server or player cares about. */
export interface AvcSps {
  readonly id: number;
  readonly profile: number;
  readonly compatibility: number;
  readonly level: number;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** Pixels shown, after cropping. */
  readonly width: number;
  readonly height: number;
  readonly picOrderCntType: number;
  readonly maxNumRefFrames: number;
  /** False where fields may be coded. */
  readonly frameMbsOnly: boolean;
  readonly sampleAspectRatio: SampleAspectRatio | undefined;
  readonly colour: Colour | undefined;
  /** Frames a second from the VUI's timing, where it is there. */
  readonly frameRate: number | undefined;
  readonly fixedFrameRate: boolean;
  /** max_num_reorder_frames, where the VUI has a bitstream restriction. */
  readonly maxNumReorderFrames: number | undefined;
}

/** Profiles with chroma_format_idc and scaling lists in their SPS, H.264 7.3.2.1.1. */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** Level 6.2 allows 139,264 macroblocks, no side above 8 times the square root of that. */
const MAX_SIDE = 16384;

/**
 * Parses a sequence parameter set (H.264 7.3.2.1.1, annex E.1.1).
 *
 * @param unit The NAL unit with its header of one byte, without start code.
 * @throws CodecError `CODEC_TRUNCATED`, `CODEC_INVALID`.
 */
export function parseAvcSps(unit: Uint8Array): AvcSps {
  const reader = new BitReader(removeEmulationPrevention(unit.subarray(1)));
  const profile = reader.read(8);
  const compatibility = reader.read(8);
  const level = reader.read(8);
  const id = reader.ue();

  let chromaFormat = 1;
  let separatePlanes = false;
  let bitDepthLuma = 8;
  let bitDepthChroma = 8;
  if (HIGH_PROFILES.has(profile)) {
    chromaFormat = limited(reader.ue(), 3, 'chroma_format_idc');
    if (chromaFormat === 3) separatePlanes = reader.flag();
    bitDepthLuma = 8 + limited(reader.ue(), 6, 'bit_depth_luma_minus8');
    bitDepthChroma = 8 + limited(reader.ue(), 6, 'bit_depth_chroma_minus8');
    reader.skip(1); // qpprime_y_zero_transform_bypass_flag
    if (reader.flag()) skipScalingLists(reader, chromaFormat === 3 ? 12 : 8);
  }

  reader.ue(); // log2_max_frame_num_minus4
  const picOrderCntType = limited(reader.ue(), 2, 'pic_order_cnt_type');
  if (picOrderCntType === 0) {
    reader.ue(); // log2_max_pic_order_cnt_lsb_minus4
  } else if (picOrderCntType === 1) {
    reader.skip(1);
    reader.se();
    reader.se();
    const cycle = limited(reader.ue(), 255, 'num_ref_frames_in_pic_order_cnt_cycle');
    for (let i = 0; i < cycle; i++) reader.se();
  }
  const maxNumRefFrames = reader.ue();
  reader.skip(1); // gaps_in_frame_num_value_allowed_flag

  const widthInMbs = reader.ue() + 1;
  const heightInMapUnits = reader.ue() + 1;
  const frameMbsOnly = reader.flag();
  if (!frameMbsOnly) reader.skip(1); // mb_adaptive_frame_field_flag
  reader.skip(1); // direct_8x8_inference_flag

  // Cropping counts in chroma samples, and in frames of fields double (7.4.2.1.1).
  const fieldFactor = frameMbsOnly ? 1 : 2;
  const chromaArrayType = separatePlanes ? 0 : chromaFormat;
  const unitX = chromaArrayType === 1 || chromaArrayType === 2 ? 2 : 1;
  const unitY = (chromaArrayType === 1 ? 2 : 1) * fieldFactor;
  let width = widthInMbs * 16;
  let height = heightInMapUnits * 16 * fieldFactor;
  if (reader.flag()) {
    width -= (reader.ue() + reader.ue()) * unitX;
    height -= (reader.ue() + reader.ue()) * unitY;
  }
  if (width <= 0 || height <= 0 || width > MAX_SIDE || height > MAX_SIDE) {
    throw new CodecError(
      'CODEC_INVALID',
      `The SPS declares ${width}x${height} pixels; expected 1 to ${MAX_SIDE} a side.`,
    );
  }
  const vui = readVuiIfWhole(reader, readVui, NO_VUI);
  return {
    id,
    profile,
    compatibility,
    level,
    chromaFormat,
    bitDepthLuma,
    bitDepthChroma,
    width,
    height,
    picOrderCntType,
    maxNumRefFrames,
    frameMbsOnly,
    ...vui,
  };
}

/**
 * Whether frames may come in another order than they are shown in, that is, whether there may be
 * B-frames. False is certain; true is a possibility.
 */
export function avcMayReorder(sps: AvcSps): boolean {
  if (sps.maxNumReorderFrames !== undefined) return sps.maxNumReorderFrames > 0;
  // POC type 2 is defined as output order = decoding order (8.2.1.3).
  if (sps.picOrderCntType === 2) return false;
  // Baseline has no B slices (A.2.1); FMO and ASO do not reorder pictures.
  if (sps.profile === 66) return false;
  // constraint_set3_flag makes High 10, High 4:2:2 and 4:4:4 their intra variants (A.2.8 to A.2.11).
  const intraOnly = sps.profile === 44 || ((sps.compatibility & 0x10) !== 0 && sps.profile >= 100);
  return !intraOnly;
}

type Vui = Pick<
  AvcSps,
  'sampleAspectRatio' | 'colour' | 'frameRate' | 'fixedFrameRate' | 'maxNumReorderFrames'
>;

const NO_VUI: Vui = {
  sampleAspectRatio: undefined,
  colour: undefined,
  frameRate: undefined,
  fixedFrameRate: false,
  maxNumReorderFrames: undefined,
};

/** vui_parameters(), annex E.1.1. */
function readVui(reader: BitReader): Vui {
  const { sampleAspectRatio, colour } = readVuiStart(reader);
  let frameRate: number | undefined;
  let fixedFrameRate = false;
  if (reader.flag()) {
    const unitsInTick = reader.read(32);
    const timeScale = reader.read(32);
    fixedFrameRate = reader.flag();
    // A tick is a field's time.
    if (unitsInTick > 0 && timeScale > 0) frameRate = timeScale / (2 * unitsInTick);
  }
  const nalHrd = reader.flag();
  if (nalHrd) skipHrd(reader);
  const vclHrd = reader.flag();
  if (vclHrd) skipHrd(reader);
  if (nalHrd || vclHrd) reader.skip(1); // low_delay_hrd_flag
  reader.skip(1); // pic_struct_present_flag
  let maxNumReorderFrames: number | undefined;
  if (reader.flag()) {
    reader.skip(1); // motion_vectors_over_pic_boundaries_flag
    for (let i = 0; i < 4; i++) reader.ue();
    maxNumReorderFrames = reader.ue();
  }
  return { sampleAspectRatio, colour, frameRate, fixedFrameRate, maxNumReorderFrames };
}

/** hrd_parameters(), annex E.1.2. */
function skipHrd(reader: BitReader): void {
  const count = limited(reader.ue(), 31, 'cpb_cnt_minus1') + 1;
  reader.skip(8);
  for (let i = 0; i < count; i++) {
    reader.ue();
    reader.ue();
    reader.skip(1);
  }
  reader.skip(20);
}

/** scaling_list(), 7.3.2.1.1.1: the first six are 4x4, the others 8x8. */
function skipScalingLists(reader: BitReader, count: number): void {
  for (let list = 0; list < count; list++) {
    if (!reader.flag()) continue;
    const size = list < 6 ? 16 : 64;
    let last = 8;
    let next = 8;
    for (let i = 0; i < size && next !== 0; i++) {
      next = (last + reader.se() + 256) % 256;
      if (next !== 0) last = next;
    }
  }
}

function limited(value: number, max: number, name: string): number {
  if (value <= max) return value;
  throw new CodecError('CODEC_INVALID', `${name} is ${value} in the SPS; expected 0 to ${max}.`);
}
