/**
 * Aggregate messages, RTMP 1.0 section 7.1.6: a sequence of messages in the form of FLV tags.
 *
 *     | type: 8 | length: 24 | timestamp: 24, its top byte: 8 | stream id: 24 | data | back pointer: 32 |
 */
import { RtmpError } from './errors.ts';
import { MessageType } from './message.ts';
import type { RtmpMessage } from './message.ts';

const HEADER_BYTES = 11;
const BACK_POINTER_BYTES = 4;

/**
 * The messages in an aggregate, their payloads views of it, their times moved so that the first is
 * the aggregate's, their stream the aggregate's. Throws `RtmpError` when a message is cut short or
 * an aggregate itself. The last back pointer may be missing, as some encoders leave it out.
 */
export function splitAggregate(message: RtmpMessage): RtmpMessage[] {
  const { payload, streamId, chunkStreamId } = message;
  const parts: RtmpMessage[] = [];
  let shift = 0;
  let at = 0;
  while (at < payload.length) {
    if (payload.length - at < HEADER_BYTES) throw cutShort(at, payload.length, HEADER_BYTES);
    const type = payload.readUInt8(at);
    const length = payload.readUIntBE(at + 1, 3);
    const time = payload.readUIntBE(at + 4, 3) | (payload.readUInt8(at + 7) << 24);
    const start = at + HEADER_BYTES;
    if (payload.length - start < length) throw cutShort(at, payload.length, HEADER_BYTES + length);
    if (type === MessageType.aggregate) {
      throw new RtmpError(
        'RTMP_BAD_AGGREGATE',
        'An aggregate message inside an aggregate message.',
      );
    }
    if (parts.length === 0) shift = message.timestamp - time;
    parts.push({
      type,
      streamId,
      timestamp: (time + shift) >>> 0,
      chunkStreamId,
      payload: payload.subarray(start, start + length),
    });
    at = start + length + BACK_POINTER_BYTES;
  }
  return parts;
}

function cutShort(at: number, length: number, needed: number): RtmpError {
  return new RtmpError(
    'RTMP_BAD_AGGREGATE',
    `An aggregate message of ${length} bytes ends inside the message at byte ${at}, which needs ${needed}.`,
  );
}
