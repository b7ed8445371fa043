/** Data messages (RTMP 1.0 section 7.1.2), in AMF0 (type 18) and AMF3 (type 15). */
import { Amf0Decoder, encodeAmf0 } from '../amf/amf0.ts';
import { AmfReader } from '../amf/reader.ts';
import type { AmfValue } from '../amf/value.ts';
import { amf0Body } from './amf-body.ts';
import { RtmpError } from './errors.ts';
import { MessageType } from './message.ts';
import type { RtmpMessage } from './message.ts';

export interface DataMessage {
  /** `onMetaData`, `onTextData`, …; with `@setDataFrame` or `@clearDataFrame` the name inside it. */
  name: string;
  values: AmfValue[];
  /**
   * What it does with the stream's kept data: `set` (`@setDataFrame`) keeps it for late joiners,
   * `clear` (`@clearDataFrame`) forgets what was kept by that name, `none` passes it on only.
   */
  frame: 'set' | 'clear' | 'none';
  /** The body that players get: AMF0 from `name` on, a view of the message's payload. */
  body: Buffer;
}

/** Whether the message is a data message. */
export function isData(type: number): boolean {
  return type === MessageType.dataAmf0 || type === MessageType.dataAmf3;
}

/**
 * Decodes a data message. Throws `AmfError` when the body is not AMF, `RtmpError` when it does not
 * begin with a name.
 */
export function decodeData(message: Pick<RtmpMessage, 'type' | 'payload'>): DataMessage {
  const body = amf0Body(message);
  const decoder = new Amf0Decoder(new AmfReader(body));
  let name = decoder.done ? undefined : decoder.read();
  let start = 0;
  let frame: DataMessage['frame'] = 'none';
  if (name === '@setDataFrame' || name === '@clearDataFrame') {
    frame = name === '@setDataFrame' ? 'set' : 'clear';
    start = decoder.offset;
    name = decoder.done ? undefined : decoder.read();
  }
  if (typeof name !== 'string') {
    throw new RtmpError(
      'RTMP_BAD_DATA',
      `A data message begins with ${name === null ? 'null' : typeof name}; expected a name.`,
    );
  }
  const values: AmfValue[] = [];
  while (!decoder.done) values.push(decoder.read());
  return { name, values, frame, body: body.subarray(start) };
}

/** Encodes a data message in AMF0, as every player reads it. */
export function encodeData(name: string, ...values: AmfValue[]): { type: number; payload: Buffer } {
  return { type: MessageType.dataAmf0, payload: encodeAmf0(name, ...values) };
}
