/**
 * Sizes and marks of chunk headers, RTMP 1.0 section 5.3.1:
 *
 *     basic header (1–3 bytes)   | format: 2 | chunk stream id: 6 |, id 0: + 1 byte, id 1: + 2 bytes
 *     type 0 (11)   timestamp: 24 | length: 24 | type: 8 | stream id: 32, little-endian |
 *     type 1 (7)    delta: 24     | length: 24 | type: 8 |
 *     type 2 (3)    delta: 24     |
 *     type 3 (0)
 *     extended timestamp (4), when the 24-bit field is 0xffffff
 */
export const EXTENDED_TIMESTAMP = 0xffffff;

/** Bytes of the message header, by format. */
export const messageHeaderBytes = [11, 7, 3, 0] as const;

/** The longest header: basic 3, message 11, extended timestamp 4. */
export const MAX_HEADER_BYTES = 18;

/** Until a Set Chunk Size says otherwise (section 5.4.1). */
export const DEFAULT_CHUNK_SIZE = 128;

/** Bytes of the basic header of that chunk stream. */
export function basicHeaderBytes(chunkStreamId: number): 1 | 2 | 3 {
  if (chunkStreamId < 64) return 1;
  return chunkStreamId < 320 ? 2 : 3;
}

/** Writes a basic header and answers the offset behind it. */
export function writeBasicHeader(
  target: Buffer,
  offset: number,
  format: 0 | 1 | 2 | 3,
  chunkStreamId: number,
): number {
  const top = format << 6;
  if (chunkStreamId < 64) {
    target[offset] = top | chunkStreamId;
    return offset + 1;
  }
  const id = chunkStreamId - 64;
  if (chunkStreamId < 320) {
    target[offset] = top;
    target[offset + 1] = id;
    return offset + 2;
  }
  target[offset] = top | 1;
  target[offset + 1] = id & 0xff;
  target[offset + 2] = id >> 8;
  return offset + 3;
}
