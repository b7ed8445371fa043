import { MessageType } from './message.ts';
import type { RtmpMessage } from './message.ts';

/**
 * The AMF0 part of a command or data message's body. In the AMF3 types (17 and 15) a format byte, 0,
 * stands before it; some clients leave it out, which shows because the name that the body begins
 * with has the marker 2.
 */
export function amf0Body(message: Pick<RtmpMessage, 'type' | 'payload'>): Buffer {
  const { type, payload } = message;
  const isAmf3 = type === MessageType.commandAmf3 || type === MessageType.dataAmf3;
  return isAmf3 && payload[0] === 0 ? payload.subarray(1) : payload;
}
