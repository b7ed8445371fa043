import { BitReader } from './bit-reader.ts';
import { CodecError } from './codec-error.ts';

/** AudioSpecificConfig, the content of an AAC sequence header. */
export interface AacConfig {
  /** Audio object type of the core: 2 AAC LC, 1 Main, 42 xHE-AAC, … */
  readonly objectType: number;
  /** Hz of the core; what ADTS and the frame's duration go by. */
  readonly sampleRate: number;
  /** Hz that is played: twice the core's with SBR, where the configuration says so. */
  readonly outputSampleRate: number;
  /** channelConfiguration; 0 when a program_config_element tells the channels. */
  readonly channelConfiguration: number;
  /** Channels played: 2 for parametric stereo. */
  readonly channels: number;
  /** HE-AAC told explicitly. */
  readonly sbr: boolean;
  /** HE-AAC v2 told explicitly. */
  readonly ps: boolean;
  /** Samples a channel in a frame, at `sampleRate`: 1024, or 960. */
  readonly frameLength: number;
}

/** samplingFrequencyIndex, ISO/IEC 14496-3 table 1.18. */
export const AAC_SAMPLE_RATES: readonly number[] = [
  96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
];

/** Channels by channelConfiguration, ISO/IEC 14496-3 table 1.19; for 0 a PCE tells them. */
const CHANNELS: readonly (number | undefined)[] = [
  0,
  1,
  2,
  3,
  4,
  5,
  6,
  8,
  undefined,
  undefined,
  undefined,
  7,
  8,
  24,
  8,
];

const SBR = 5;
const PS = 29;
const ESCAPE = 31;

/** Object types whose configuration is a GASpecificConfig. */
const GENERAL_AUDIO = new Set([1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23]);

/**
 * Parses an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1), with SBR and PS signalled
 * hierarchically (object types 5 and 29) or backward-compatibly (sync extensions 0x2b7, 0x548).
 *
 * @throws CodecError `CODEC_TRUNCATED`, `CODEC_INVALID`.
 */
export function parseAacConfig(config: Uint8Array): AacConfig {
  const reader = new BitReader(config);
  let objectType = readObjectType(reader);
  const sampleRate = readSampleRate(reader);
  const channelConfiguration = reader.read(4);
  let outputSampleRate = sampleRate;
  let sbr = false;
  let ps = false;
  if (objectType === SBR || objectType === PS) {
    sbr = true;
    ps = objectType === PS;
    outputSampleRate = readSampleRate(reader);
    objectType = readObjectType(reader);
  }

  let channels = CHANNELS[channelConfiguration];
  let frameLength = 1024;
  if (GENERAL_AUDIO.has(objectType)) {
    // GASpecificConfig: frameLengthFlag, dependsOnCoreCoder (+ coreCoderDelay), extensionFlag.
    if (reader.flag()) frameLength = 960;
    if (reader.flag()) reader.skip(14);
    reader.skip(1);
    if (channelConfiguration === 0) {
      channels = readProgramConfigChannels(reader);
    } else if (!sbr && reader.bitsLeft >= 16 && reader.read(11) === 0x2b7) {
      if (readObjectType(reader) === SBR) {
        sbr = reader.flag();
        if (sbr) {
          outputSampleRate = readSampleRate(reader);
          if (reader.bitsLeft >= 12 && reader.read(11) === 0x548) ps = reader.flag();
        }
      }
    }
  }

  if (channels === undefined) {
    throw new CodecError(
      'CODEC_INVALID',
      `The AAC channel configuration is ${channelConfiguration}, which is reserved.`,
    );
  }
  return {
    objectType,
    sampleRate,
    outputSampleRate,
    channelConfiguration,
    channels: ps && channels === 1 ? 2 : channels,
    sbr,
    ps,
    frameLength,
  };
}

/** program_config_element(), ISO/IEC 14496-3 4.4.1.1: the channels of all its elements. */
function readProgramConfigChannels(reader: BitReader): number {
  reader.skip(10); // element_instance_tag, object_type, sampling_frequency_index
  const pairable = reader.read(4) + reader.read(4) + reader.read(4); // front, side, back
  const lfe = reader.read(2);
  reader.skip(7); // num_assoc_data_elements, num_valid_cc_elements
  if (reader.flag()) reader.skip(4); // mono mixdown
  if (reader.flag()) reader.skip(4); // stereo mixdown
  if (reader.flag()) reader.skip(3); // matrix mixdown
  let channels = lfe;
  for (let element = 0; element < pairable; element++) {
    channels += reader.flag() ? 2 : 1;
    reader.skip(4);
  }
  return channels;
}

function readObjectType(reader: BitReader): number {
  const type = reader.read(5);
  return type === ESCAPE ? 32 + reader.read(6) : type;
}

function readSampleRate(reader: BitReader): number {
  const index = reader.read(4);
  const sampleRate = index === 15 ? reader.read(24) : AAC_SAMPLE_RATES[index];
  if (!sampleRate) {
    throw new CodecError(
      'CODEC_INVALID',
      index === 15
        ? 'The AAC sampling frequency is 0 Hz.'
        : `The AAC sampling frequency index is ${index}; expected 0 to 12 or 15.`,
    );
  }
  return sampleRate;
}
