import { BitReader } from './bit-reader.ts';
import { CodecError } from './codec-error.ts';
import type { Colour } from './vui.ts';

export interface Av1SequenceHeader {
  readonly profile: number;
  /** seq_level_idx of the first operating point. */
  readonly level: number;
  readonly tier: 'main' | 'high';
  /** max_frame_width, max_frame_height: pixels. */
  readonly width: number;
  readonly height: number;
  readonly bitDepth: 8 | 10 | 12;
  readonly monochrome: boolean;
  readonly subsamplingX: boolean;
  readonly subsamplingY: boolean;
  readonly chromaSamplePosition: number;
  readonly colour: Colour;
  /** Frames a second, where the header has timing and every picture lasts alike. */
  readonly frameRate: number | undefined;
}

const SELECT = 2; // SELECT_SCREEN_CONTENT_TOOLS, SELECT_INTEGER_MV

/**
 * Parses sequence_header_obu() (AV1 5.5).
 *
 * @param content The OBU without its header and size.
 * @throws CodecError `CODEC_TRUNCATED`, `CODEC_INVALID`.
 */
export function parseAv1SequenceHeader(content: Uint8Array): Av1SequenceHeader {
  const reader = new BitReader(content);
  const profile = reader.read(3);
  if (profile > 2) {
    throw new CodecError('CODEC_INVALID', `The AV1 profile is ${profile}; expected 0, 1 or 2.`);
  }
  reader.skip(1); // still_picture
  const reduced = reader.flag();
  let level: number;
  let tier: 'main' | 'high' = 'main';
  let frameRate: number | undefined;
  if (reduced) {
    level = reader.read(5);
  } else {
    ({ level, tier, frameRate } = readOperatingPoints(reader));
  }

  const widthBits = reader.read(4) + 1;
  const heightBits = reader.read(4) + 1;
  const width = reader.read(widthBits) + 1;
  const height = reader.read(heightBits) + 1;
  if (!reduced && reader.flag()) reader.skip(7); // frame_id_numbers
  reader.skip(3); // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
  if (!reduced) skipInterTools(reader);
  reader.skip(3); // enable_superres, enable_cdef, enable_restoration
  return { profile, level, tier, width, height, frameRate, ...readColourConfig(reader, profile) };
}

/** timing_info() to the end of the operating points; the first of them is what counts. */
function readOperatingPoints(
  reader: BitReader,
): Pick<Av1SequenceHeader, 'level' | 'tier' | 'frameRate'> {
  let frameRate: number | undefined;
  let delayBits = 0;
  let hasDecoderModel = false;
  if (reader.flag()) {
    const unitsInTick = reader.read(32);
    const timeScale = reader.read(32);
    if (reader.flag()) {
      const ticks = reader.ue() + 1; // uvlc() is ue(v) for all that is not absurd
      if (unitsInTick > 0 && timeScale > 0) frameRate = timeScale / unitsInTick / ticks;
    }
    hasDecoderModel = reader.flag();
    if (hasDecoderModel) {
      delayBits = reader.read(5) + 1;
      reader.skip(32 + 5 + 5);
    }
  }
  const hasInitialDelay = reader.flag();
  const count = reader.read(5) + 1;
  let level = 0;
  let tier: 'main' | 'high' = 'main';
  for (let point = 0; point < count; point++) {
    reader.skip(12); // operating_point_idc
    const pointLevel = reader.read(5);
    const pointTier = pointLevel > 7 && reader.flag() ? 'high' : 'main';
    if (point === 0) {
      level = pointLevel;
      tier = pointTier;
    }
    if (hasDecoderModel && reader.flag()) reader.skip(2 * delayBits + 1);
    if (hasInitialDelay && reader.flag()) reader.skip(4);
  }
  return { level, tier, frameRate };
}

/** enable_interintra_compound to order_hint_bits_minus_1. */
function skipInterTools(reader: BitReader): void {
  reader.skip(4); // interintra, masked compound, warped motion, dual filter
  const orderHint = reader.flag();
  if (orderHint) reader.skip(2); // enable_jnt_comp, enable_ref_frame_mvs
  const screenContent = reader.flag() ? SELECT : reader.read(1);
  if (screenContent > 0 && !reader.flag()) reader.skip(1); // seq_force_integer_mv
  if (orderHint) reader.skip(3);
}

const UNSPECIFIED = 2;

/** color_config(), AV1 5.5.2. */
function readColourConfig(
  reader: BitReader,
  profile: number,
): Pick<
  Av1SequenceHeader,
  'bitDepth' | 'monochrome' | 'subsamplingX' | 'subsamplingY' | 'chromaSamplePosition' | 'colour'
> {
  let bitDepth: 8 | 10 | 12 = reader.flag() ? 10 : 8;
  if (profile === 2 && bitDepth === 10 && reader.flag()) bitDepth = 12;
  const monochrome = profile !== 1 && reader.flag();
  let [primaries, transfer, matrix] = [UNSPECIFIED, UNSPECIFIED, UNSPECIFIED];
  if (reader.flag()) {
    primaries = reader.read(8);
    transfer = reader.read(8);
    matrix = reader.read(8);
  }
  let fullRange: boolean;
  let subsamplingX = true;
  let subsamplingY = true;
  let chromaSamplePosition = 0;
  if (monochrome) {
    fullRange = reader.flag();
  } else if (primaries === 1 && transfer === 13 && matrix === 0) {
    // sRGB: 4:4:4, full range, without saying so.
    fullRange = true;
    subsamplingX = subsamplingY = false;
  } else {
    fullRange = reader.flag();
    if (profile === 1) {
      subsamplingX = subsamplingY = false;
    } else if (profile === 2) {
      subsamplingX = bitDepth < 12 || reader.flag();
      subsamplingY = bitDepth === 12 && subsamplingX && reader.flag();
    }
    if (subsamplingX && subsamplingY) chromaSamplePosition = reader.read(2);
  }
  const colour = { primaries, transfer, matrix, fullRange };
  return { bitDepth, monochrome, subsamplingX, subsamplingY, chromaSamplePosition, colour };
}
