import type { FlvTagType } from '../../../shared/flv/demuxer.ts';

const FILE_HEADER_SIZE = 9;
const TAG_HEADER_SIZE = 11;
const PREVIOUS_TAG_SIZE = 4;

const TAG_TYPES: Readonly<Record<FlvTagType, number>> = { audio: 8, video: 9, data: 18 };

/** The start of an FLV stream with PreviousTagSize0: 13 bytes (FLV 10.1 annex E.2, E.3). */
export function flvHeader(has: { audio: boolean; video: boolean }): Buffer {
  const header = Buffer.alloc(FILE_HEADER_SIZE + PREVIOUS_TAG_SIZE);
  header.write('FLV', 'latin1');
  header[3] = 1;
  header[4] = (has.audio ? 4 : 0) | (has.video ? 1 : 0);
  header.writeUInt32BE(FILE_HEADER_SIZE, 5);
  return header;
}

/** Bytes that a tag with this body takes, header and PreviousTagSize included. */
export function tagSize(bodyLength: number): number {
  return TAG_HEADER_SIZE + bodyLength + PREVIOUS_TAG_SIZE;
}

/**
 * Writes one tag with its trailing PreviousTagSize (FLV 10.1 annex E.4.1) and returns the offset
 * after it. `target` must have `tagSize(body.length)` bytes left.
 *
 * @param timestampMs Integer ms; the low 32 bits are written (8 of them as TimestampExtended).
 * @param body Less than 16 MiB: DataSize has 24 bits.
 */
export function writeTag(
  target: Buffer,
  offset: number,
  type: FlvTagType,
  timestampMs: number,
  body: Uint8Array,
): number {
  offset = writeTagHeader(target, offset, type, timestampMs, body.length);
  target.set(body, offset);
  return target.writeUInt32BE(TAG_HEADER_SIZE + body.length, offset + body.length);
}

/**
 * The eleven bytes before a body alone, for those who send the body from where it lies; after it
 * goes `PreviousTagSize`, which is the body's length + 11. Returns the offset after the header.
 */
export function writeTagHeader(
  target: Buffer,
  offset: number,
  type: FlvTagType,
  timestampMs: number,
  bodyLength: number,
): number {
  target[offset] = TAG_TYPES[type];
  target.writeUIntBE(bodyLength, offset + 1, 3);
  target[offset + 4] = timestampMs >>> 16;
  target[offset + 5] = timestampMs >>> 8;
  target[offset + 6] = timestampMs;
  target[offset + 7] = timestampMs >>> 24;
  target[offset + 8] = target[offset + 9] = target[offset + 10] = 0; // StreamID
  return offset + TAG_HEADER_SIZE;
}
