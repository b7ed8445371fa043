import { AAC_SAMPLE_RATES } from '../../shared/codecs/aac.ts';

/**
 * An AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1) without extensions: two bytes, or five where the
 * rate has no index. Object types up to 30.
 */
export function buildAacConfig(input: {
  objectType: number;
  sampleRate: number;
  channelConfiguration: number;
}): Uint8Array {
  const { objectType, sampleRate, channelConfiguration } = input;
  const index = AAC_SAMPLE_RATES.indexOf(sampleRate);
  if (index >= 0) {
    const bits = (objectType << 11) | (index << 7) | (channelConfiguration << 3);
    return Uint8Array.of(bits >> 8, bits);
  }
  const config = new Uint8Array(5);
  config[0] = (objectType << 3) | 7;
  config[1] = 0x80 | (sampleRate >> 17);
  config[2] = sampleRate >> 9;
  config[3] = sampleRate >> 1;
  config[4] = ((sampleRate & 1) << 7) | (channelConfiguration << 3);
  return config;
}
