import { AAC_SAMPLE_RATES } from './aac.ts';
import { CodecError } from './codec-error.ts';

/** Bytes of a header without CRC. */
export const ADTS_HEADER_SIZE = 7;

/** aac_frame_length has 13 bits and counts the header. */
const ADTS_MAX_FRAME = 0x1fff;

/**
 * What an ADTS header says of the stream: the part that is the same before every frame. Object
 * types that ADTS cannot name (above 4) are the caller's to map: HE-AAC goes as its LC core.
 */
export interface AdtsFormat {
  readonly objectType: number;
  readonly sampleRate: number;
  readonly channelConfiguration: number;
}

/**
 * Writes the header of a frame of `frameLength` raw bytes, without CRC (ISO/IEC 13818-7, 6.2; 14496-3,
 * 1.A.2.2); returns the offset after it.
 *
 *     syncword UB[12] = 0xfff, ID UB[1], layer UB[2] = 0, protection_absent UB[1],
 *     profile UB[2], sampling_frequency_index UB[4], private UB[1], channel_configuration UB[3],
 *     original, home, copyright UB[4], aac_frame_length UB[13], buffer_fullness UB[11],
 *     number_of_raw_data_blocks_in_frame UB[2]
 *
 * @throws CodecError `CODEC_UNSUPPORTED` for what ADTS cannot express: other object types than 1
 *   to 4, rates without an index, configurations above 7, frames above 8184 bytes.
 */
export function writeAdtsHeader(
  target: Uint8Array,
  offset: number,
  format: AdtsFormat,
  frameLength: number,
): number {
  const { objectType, sampleRate, channelConfiguration } = format;
  const index = AAC_SAMPLE_RATES.indexOf(sampleRate);
  const size = ADTS_HEADER_SIZE + frameLength;
  if (
    objectType < 1 ||
    objectType > 4 ||
    index < 0 ||
    channelConfiguration > 7 ||
    size > ADTS_MAX_FRAME
  ) {
    throw new CodecError(
      'CODEC_UNSUPPORTED',
      `ADTS cannot express object type ${objectType}, ${sampleRate} Hz, ` +
        `channel configuration ${channelConfiguration}, ${frameLength} bytes.`,
    );
  }
  target[offset] = 0xff;
  target[offset + 1] = 0xf1; // MPEG-4, layer 0, no CRC
  target[offset + 2] = ((objectType - 1) << 6) | (index << 2) | (channelConfiguration >> 2);
  target[offset + 3] = ((channelConfiguration & 3) << 6) | (size >> 11);
  target[offset + 4] = size >> 3;
  target[offset + 5] = ((size & 7) << 5) | 0x1f; // buffer fullness 0x7ff: variable bit rate
  target[offset + 6] = 0xfc;
  return offset + ADTS_HEADER_SIZE;
}
