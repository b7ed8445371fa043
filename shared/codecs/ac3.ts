import { BitReader } from './bit-reader.ts';
import { CodecError, codecTruncated } from './codec-error.ts';

export interface Ac3Header {
  readonly codec: 'ac3' | 'eac3';
  readonly sampleRate: number;
  /** With the low-frequency channel. */
  readonly channels: number;
  /** Samples a channel in a frame: 1536, for E-AC-3 also 256, 512 or 768. */
  readonly samples: number;
  /** Bytes of the sync frame. */
  readonly frameSize: number;
  /** Fields that `dac3` and `dec3` boxes repeat (ETSI TS 102 366, annex F). */
  readonly fscod: number;
  readonly bsid: number;
  readonly bsmod: number;
  readonly acmod: number;
  readonly lfe: boolean;
  /** bit/s; of E-AC-3, that of this substream as the frame's size implies. */
  readonly bitrate: number;
}

const SAMPLE_RATES = [48000, 44100, 32000];

/** Channels by acmod, without the low-frequency one: ETSI TS 102 366 table 4.3. */
const CHANNELS = [2, 1, 2, 3, 3, 4, 4, 5] as const;

/** kbit/s by frmsizecod / 2: table 4.13. */
const BITRATES = [
  32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640,
];

const BLOCKS = [1, 2, 3, 6] as const;

/**
 * Parses the start of an AC-3 or E-AC-3 sync frame (ETSI TS 102 366, 4.3 and annex E.1.2).
 *
 * @throws CodecError `CODEC_TRUNCATED`, `CODEC_INVALID`.
 */
export function parseAc3Header(frame: Uint8Array): Ac3Header {
  if (frame.length < 8) throw codecTruncated('The AC-3 frame', 8, frame.length);
  if (frame[0] !== 0x0b || frame[1] !== 0x77) {
    throw new CodecError('CODEC_INVALID', 'The AC-3 frame has no syncword 0b 77.');
  }
  // bsid lies at the same place in both, and tells them apart.
  const bsid = frame[5]! >> 3;
  if (bsid > 16) {
    throw new CodecError('CODEC_INVALID', `The AC-3 bsid is ${bsid}; expected at most 16.`);
  }
  return bsid > 10 ? parseEac3(frame, bsid) : parseAc3(frame, bsid);
}

function parseAc3(frame: Uint8Array, bsid: number): Ac3Header {
  const reader = new BitReader(frame.subarray(4));
  const fscod = reader.read(2);
  const frmsizecod = reader.read(6);
  const sampleRate = SAMPLE_RATES[fscod];
  const kbits = BITRATES[frmsizecod >> 1];
  if (sampleRate === undefined || kbits === undefined) {
    throw new CodecError(
      'CODEC_INVALID',
      `The AC-3 frame has fscod ${fscod} and frmsizecod ${frmsizecod}; one of them is reserved.`,
    );
  }
  reader.skip(5); // bsid
  const bsmod = reader.read(3);
  const acmod = reader.read(3);
  if (acmod & 1 && acmod !== 1) reader.skip(2); // cmixlev
  if (acmod & 4) reader.skip(2); // surmixlev
  if (acmod === 2) reader.skip(2); // dsurmod
  const lfe = reader.flag();
  // 1536 samples; at 44.1 kHz the frame's length alternates by one word.
  const words = Math.floor((kbits * 1000 * 1536) / sampleRate / 16);
  const odd = sampleRate === 44100 ? frmsizecod & 1 : 0;
  return {
    codec: 'ac3',
    sampleRate,
    channels: CHANNELS[acmod as 0] + (lfe ? 1 : 0),
    samples: 1536,
    frameSize: (words + odd) * 2,
    fscod,
    bsid,
    bsmod,
    acmod,
    lfe,
    bitrate: kbits * 1000,
  };
}

function parseEac3(frame: Uint8Array, bsid: number): Ac3Header {
  const reader = new BitReader(frame.subarray(2));
  reader.skip(5); // strmtyp, substreamid
  const frameSize = (reader.read(11) + 1) * 2;
  const fscod = reader.read(2);
  const code = reader.read(2); // fscod2 where fscod is 3, else numblkscod
  const base = SAMPLE_RATES[fscod === 3 ? code : fscod];
  if (base === undefined) {
    throw new CodecError('CODEC_INVALID', 'The E-AC-3 frame has the reserved fscod2 3.');
  }
  const sampleRate = fscod === 3 ? base / 2 : base;
  const samples = 256 * (fscod === 3 ? 6 : BLOCKS[code as 0]);
  const acmod = reader.read(3);
  const lfe = reader.flag();
  return {
    codec: 'eac3',
    sampleRate,
    channels: CHANNELS[acmod as 0] + (lfe ? 1 : 0),
    samples,
    frameSize,
    fscod,
    bsid,
    bsmod: 0, // far behind, and only informational
    acmod,
    lfe,
    bitrate: Math.round((frameSize * 8 * sampleRate) / samples),
  };
}
