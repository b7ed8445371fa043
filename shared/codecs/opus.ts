import { CodecError, codecTruncated } from './codec-error.ts';

/** OpusHead, without the mapping table of families other than 0. */
export interface OpusConfig {
  readonly channels: number;
  /** Samples at 48 kHz to drop at the start. */
  readonly preSkip: number;
  /** Hz of what was encoded, for information; Opus itself always plays at 48 kHz. 0: not told. */
  readonly inputSampleRate: number;
  /** Q7.8 dB. */
  readonly outputGain: number;
  readonly mappingFamily: number;
}

/** Hz: the clock of Opus, whatever was encoded. */
export const OPUS_SAMPLE_RATE = 48000;

const MAGIC = [0x4f, 0x70, 0x75, 0x73, 0x48, 0x65, 0x61, 0x64]; // "OpusHead"

/** Parses an identification header (RFC 7845, 5.1). @throws CodecError */
export function parseOpusConfig(head: Uint8Array): OpusConfig {
  if (head.length < 19) throw codecTruncated('The OpusHead', 19, head.length);
  if (MAGIC.some((byte, i) => head[i] !== byte)) {
    throw new CodecError('CODEC_INVALID', 'The Opus configuration does not begin with "OpusHead".');
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head[8]! >> 4 !== 0) {
    throw new CodecError('CODEC_INVALID', `The OpusHead's version is ${head[8]}; expected 1.`);
  }
  if (head[9] === 0) throw new CodecError('CODEC_INVALID', 'The OpusHead declares 0 channels.');
  return {
    channels: head[9]!,
    preSkip: view.getUint16(10, true),
    inputSampleRate: view.getUint32(12, true),
    outputGain: view.getInt16(16, true),
    mappingFamily: head[18]!,
  };
}

/** Builds an OpusHead of mapping family 0: one or two channels. */
export function buildOpusConfig(input: {
  channels: 1 | 2;
  preSkip?: number;
  inputSampleRate?: number;
}): Uint8Array {
  const head = new Uint8Array(19);
  const view = new DataView(head.buffer);
  head.set(MAGIC);
  head[8] = 1;
  head[9] = input.channels;
  view.setUint16(10, input.preSkip ?? 0, true);
  view.setUint32(12, input.inputSampleRate ?? OPUS_SAMPLE_RATE, true);
  return head;
}

/** Samples at 48 kHz by the low two bits of `config`, RFC 6716 table 2. */
const SILK_SAMPLES = [480, 960, 1920, 2880];
const CELT_SAMPLES = [120, 240, 480, 960];

/**
 * Samples at 48 kHz that a packet plays, from its TOC byte (RFC 6716, 3.1).
 *
 * @throws CodecError `CODEC_TRUNCATED` for an empty packet, `CODEC_INVALID` above 120 ms.
 */
export function opusPacketSamples(packet: Uint8Array): number {
  if (packet.length === 0) throw codecTruncated('The Opus packet', 1, 0);
  const toc = packet[0]!;
  const config = toc >> 3;
  let samples: number;
  if (config < 12) samples = SILK_SAMPLES[config & 3]!;
  else if (config < 16) samples = config & 1 ? 960 : 480;
  else samples = CELT_SAMPLES[config & 3]!;

  const code = toc & 3;
  if (code === 3 && packet.length < 2) throw codecTruncated('The Opus packet', 2, packet.length);
  const frames = code === 0 ? 1 : code === 3 ? packet[1]! & 0x3f : 2;
  if (frames === 0 || frames * samples > 5760) {
    throw new CodecError(
      'CODEC_INVALID',
      `The Opus packet plays ${frames * samples} samples; expected 120 to 5760.`,
    );
  }
  return frames * samples;
}
