import { CodecError, codecTruncated } from './codec-error.ts';

export interface MpegAudioHeader {
  readonly version: '1' | '2' | '2.5';
  /** 3 is MP3. */
  readonly layer: 1 | 2 | 3;
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** bit/s. */
  readonly bitrate: number;
  /** Samples a channel in a frame. */
  readonly samples: number;
  /** Bytes of the frame with its header. */
  readonly frameSize: number;
}

/** kbit/s by bitrate_index 1 to 14; ISO/IEC 11172-3 2.4.2.3, 13818-3 2.4.2.3. */
const BITRATES = {
  '1/1': [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  '1/2': [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  '1/3': [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  '2/1': [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  '2/2': [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  '2/3': [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;

const VERSIONS = ['2.5', undefined, '2', '1'] as const;
const LAYERS = [undefined, 3, 2, 1] as const;
const SAMPLE_RATES = {
  '1': [44100, 48000, 32000],
  '2': [22050, 24000, 16000],
  '2.5': [11025, 12000, 8000],
};

/**
 * Parses the header of an MPEG audio frame (ISO/IEC 11172-3, 2.4.1.3; 13818-3).
 *
 *     syncword UB[11] = 0x7ff, version UB[2], layer UB[2], protection_bit UB[1],
 *     bitrate_index UB[4], sampling_frequency UB[2], padding UB[1], private UB[1],
 *     mode UB[2], mode_extension UB[2], copyright, original UB[2], emphasis UB[2]
 *
 * @throws CodecError `CODEC_TRUNCATED`, `CODEC_INVALID`, `CODEC_UNSUPPORTED` for a free bit rate.
 */
export function parseMpegAudioHeader(data: Uint8Array, at = 0): MpegAudioHeader {
  if (data.length < at + 4) throw codecTruncated('The MPEG audio header', at + 4, data.length);
  if (data[at] !== 0xff || (data[at + 1]! & 0xe0) !== 0xe0) {
    throw new CodecError('CODEC_INVALID', `There is no MPEG audio syncword at byte ${at}.`);
  }
  const version = VERSIONS[((data[at + 1]! >> 3) & 3) as 0 | 1 | 2 | 3];
  const layer = LAYERS[((data[at + 1]! >> 1) & 3) as 0 | 1 | 2 | 3];
  const bitrateIndex = data[at + 2]! >> 4;
  const rateIndex = (data[at + 2]! >> 2) & 3;
  if (version === undefined || layer === undefined || bitrateIndex === 15 || rateIndex === 3) {
    throw new CodecError('CODEC_INVALID', 'The MPEG audio header has a reserved value.');
  }
  if (bitrateIndex === 0) {
    throw new CodecError('CODEC_UNSUPPORTED', 'The MPEG audio frame has a free bit rate.');
  }
  const sampleRate = SAMPLE_RATES[version][rateIndex]!;
  const kbits = BITRATES[`${version === '1' ? 1 : 2}/${layer}`][bitrateIndex - 1]!;
  const bitrate = kbits * 1000;
  const padding = (data[at + 2]! >> 1) & 1;
  const samples = layer === 1 ? 384 : layer === 3 && version !== '1' ? 576 : 1152;
  // Layer I counts in slots of four bytes.
  const frameSize =
    layer === 1
      ? (Math.floor((12 * bitrate) / sampleRate) + padding) * 4
      : Math.floor(((samples / 8) * bitrate) / sampleRate) + padding;
  const channels = data[at + 3]! >> 6 === 3 ? 1 : 2;
  return { version, layer, sampleRate, channels, bitrate, samples, frameSize };
}
