/** The sending end of the RTMP chunk stream, RTMP 1.0 section 5.3: messages in, bytes out. */
import {
  basicHeaderBytes,
  DEFAULT_CHUNK_SIZE,
  EXTENDED_TIMESTAMP,
  MAX_HEADER_BYTES,
  messageHeaderBytes,
  writeBasicHeader,
} from './chunk-header.ts';
import { MessageType } from './message.ts';
import type { RtmpMessage } from './message.ts';

/** Bytes that `writeMessage` writes for such a message. */
export function messageSize(
  payloadLength: number,
  timestamp: number,
  chunkSize: number,
  chunkStreamId: number,
): number {
  const basic = basicHeaderBytes(chunkStreamId);
  const extended = timestamp >= EXTENDED_TIMESTAMP ? 4 : 0;
  const further = payloadLength > chunkSize ? Math.ceil(payloadLength / chunkSize) - 1 : 0;
  return basic + messageHeaderBytes[0] + extended + payloadLength + further * (basic + extended);
}

/**
 * Writes a message as a type 0 chunk and type 3 chunks, so that it stands alone: whatever was sent
 * on the chunk stream before, it reads the same, and many viewers can be sent the same bytes.
 *
 * `timestamp` is in ms, unsigned 32 bits. `target` must have `messageSize` bytes from `offset` on.
 * Answers the offset behind the message.
 */
export function writeMessage(
  target: Buffer,
  offset: number,
  chunkStreamId: number,
  type: number,
  streamId: number,
  timestamp: number,
  payload: Uint8Array,
  chunkSize: number,
): number {
  const isExtended = timestamp >= EXTENDED_TIMESTAMP;
  let at = writeBasicHeader(target, offset, 0, chunkStreamId);
  at = target.writeUIntBE(isExtended ? EXTENDED_TIMESTAMP : timestamp, at, 3);
  at = target.writeUIntBE(payload.length, at, 3);
  at = target.writeUInt8(type, at);
  at = target.writeUInt32LE(streamId, at);
  const extended = isExtended ? timestamp : -1;
  if (isExtended) at = target.writeUInt32BE(timestamp, at);
  return writeChunks(target, at, chunkStreamId, extended, payload, chunkSize);
}

/** Writes the payload with a type 3 header, `extended` repeated, before every chunk but the first. */
function writeChunks(
  target: Buffer,
  offset: number,
  chunkStreamId: number,
  extended: number,
  payload: Uint8Array,
  chunkSize: number,
): number {
  if (payload.length <= chunkSize) {
    target.set(payload, offset);
    return offset + payload.length;
  }
  let at = offset;
  for (let start = 0; start < payload.length; start += chunkSize) {
    if (start > 0) {
      at = writeBasicHeader(target, at, 3, chunkStreamId);
      if (extended !== -1) at = target.writeUInt32BE(extended, at);
    }
    const chunk = payload.subarray(start, start + chunkSize);
    target.set(chunk, at);
    at += chunk.length;
  }
  return at;
}

/** What a chunk stream's next header can leave out. */
interface Sent {
  timestamp: number;
  /** The last header's delta; undefined when it carried a timestamp. */
  delta: number | undefined;
  length: number;
  type: number;
  streamId: number;
}

/**
 * Writes the messages of one connection with the shortest headers: type 1 when the NetStream is the
 * same, type 2 when type and length are too, type 3 when even the delta is.
 *
 * Type 3 is never begun with straight after type 0, where readers disagree on what it adds.
 */
export class ChunkWriter {
  /** Largest chunk from now on, in bytes; a Set Chunk Size that is written changes it. */
  chunkSize = DEFAULT_CHUNK_SIZE;

  readonly #sent = new Map<number, Sent>();

  /** The message as bytes to send, in the order in which `write` is called. */
  write(message: Omit<RtmpMessage, 'payload'> & { payload: Uint8Array }): Buffer {
    const { chunkStreamId, type, streamId, timestamp, payload } = message;
    const sent = this.#sent.get(chunkStreamId);
    const delta = sent === undefined ? -1 : timestamp - sent.timestamp;
    const format = headerFormat(sent, message, delta);
    const time = format === 0 ? timestamp : delta;
    const extended = time >= EXTENDED_TIMESTAMP ? time : -1;

    const room =
      messageSize(payload.length, time, this.chunkSize, chunkStreamId) + MAX_HEADER_BYTES;
    const target = Buffer.allocUnsafe(room);
    let at = writeBasicHeader(target, 0, format, chunkStreamId);
    if (format < 3) at = target.writeUIntBE(extended === -1 ? time : EXTENDED_TIMESTAMP, at, 3);
    if (format < 2) {
      at = target.writeUIntBE(payload.length, at, 3);
      at = target.writeUInt8(type, at);
    }
    if (format === 0) at = target.writeUInt32LE(streamId, at);
    if (extended !== -1) at = target.writeUInt32BE(extended, at);
    at = writeChunks(target, at, chunkStreamId, extended, payload, this.chunkSize);

    this.#sent.set(chunkStreamId, {
      timestamp,
      delta: format === 0 ? undefined : delta,
      length: payload.length,
      type,
      streamId,
    });
    if (type === MessageType.setChunkSize && payload.length >= 4) {
      this.chunkSize = Buffer.from(payload).readUInt32BE(0);
    }
    return target.subarray(0, at);
  }
}

function headerFormat(
  sent: Sent | undefined,
  message: Omit<RtmpMessage, 'payload'> & { payload: Uint8Array },
  delta: number,
): 0 | 1 | 2 | 3 {
  // Time that goes back, or that jumps far, is told whole.
  if (sent === undefined || sent.streamId !== message.streamId) return 0;
  if (delta < 0 || delta >= EXTENDED_TIMESTAMP) return 0;
  if (sent.type !== message.type || sent.length !== message.payload.length) return 1;
  return sent.delta === delta ? 3 : 2;
}
