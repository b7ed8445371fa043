/**
 * The header of a packetized elementary stream packet (ISO/IEC 13818-1, section 2.4.3.6):
 *
 *     00 00 01 | stream id | length (16) | 10, …, alignment, … | PTS/DTS flags, … | header length
 *     PTS (5 bytes) | [DTS (5 bytes)]
 */
export interface PesTimes {
  /** Presentation time, 90 kHz, 33 bits. */
  readonly pts: number;
  /** Decoding time, 90 kHz, 33 bits; written when it differs from `pts`. */
  readonly dts: number;
}

export const PES_STREAM_ID = { video: 0xe0, audio: 0xc0, private: 0xbd } as const;

/** 2^33: where the 90 kHz times wrap, after 26.5 hours. */
export const PES_TIME_MODULUS = 2 ** 33;

const FIXED_SIZE = 9;
const TIME_SIZE = 5;

/** A header for `payloadSize` bytes of elementary stream that begin with an access unit. */
export function pesHeader(streamId: number, payloadSize: number, { pts, dts }: PesTimes): Buffer {
  const hasDts = dts !== pts;
  const timesSize = hasDts ? 2 * TIME_SIZE : TIME_SIZE;
  const bytes = Buffer.allocUnsafe(FIXED_SIZE + timesSize);
  bytes.writeUInt32BE(0x0000_0100 | streamId, 0);
  // Counts what follows the field. 0, allowed for video only, stands for: until the next one.
  const length = FIXED_SIZE - 6 + timesSize + payloadSize;
  bytes.writeUInt16BE(length <= 0xffff ? length : 0, 4);
  bytes[6] = 0x84; // marker 10, data_alignment_indicator
  bytes[7] = hasDts ? 0xc0 : 0x80;
  bytes[8] = timesSize;
  writeTime(bytes, FIXED_SIZE, hasDts ? 0x3 : 0x2, pts);
  if (hasDts) writeTime(bytes, FIXED_SIZE + TIME_SIZE, 0x1, dts);
  return bytes;
}

/** prefix (4) | time 32…30 | 1 | time 29…15 | 1 | time 14…0 | 1 */
function writeTime(bytes: Buffer, at: number, prefix: number, time: number): void {
  bytes[at] = (prefix << 4) | (Math.floor(time / 2 ** 30) << 1) | 1;
  bytes.writeUInt16BE(((time >>> 14) & 0xfffe) | 1, at + 1);
  bytes.writeUInt16BE(((time << 1) & 0xfffe) | 1, at + 3);
}
