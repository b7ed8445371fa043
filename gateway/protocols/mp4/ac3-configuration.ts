import { parseAc3Header } from '../../../shared/codecs/ac3.ts';

/**
 * Content of `dac3` (ETSI TS 102 366, annex F.4) or `dec3` (F.6) for the stream that a sync frame
 * belongs to: AC-3 and E-AC-3 have no configuration record of their own.
 *
 *     dac3: fscod (2) | bsid (5) | bsmod (3) | acmod (3) | lfeon (1) | bit_rate_code (5) | 0 (5)
 *     dec3: data_rate (13) | num_ind_sub (3)
 *           | fscod (2) | bsid (5) | 0 (2) | bsmod (3) | acmod (3) | lfeon (1) | 0 (8)
 *
 * Throws a `CodecError` when the frame is not one.
 */
export function ac3Configuration(frame: Uint8Array): Uint8Array {
  const { codec, fscod, bsid, bsmod, acmod, lfe, bitrate } = parseAc3Header(frame);
  const low = lfe ? 1 : 0;
  if (codec === 'ac3') {
    const bitRateCode = (frame[4]! & 0x3f) >> 1; // frmsizecod counts each rate twice
    const bits =
      (fscod << 22) |
      (bsid << 17) |
      (bsmod << 14) |
      (acmod << 11) |
      (low << 10) |
      (bitRateCode << 5);
    return Uint8Array.of(bits >> 16, bits >> 8, bits);
  }
  const rate = Math.min(0x1fff, Math.round(bitrate / 1000)) << 3; // one independent substream
  const substream = (fscod << 22) | (bsid << 17) | (bsmod << 12) | (acmod << 9) | (low << 8);
  return Uint8Array.of(rate >> 8, rate, substream >> 16, substream >> 8, substream);
}
