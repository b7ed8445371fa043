/** Command messages (RTMP 1.0 section 7.1.1), in AMF0 (type 20) and AMF3 (type 17). */
import { decodeAmf0, writeAmf0 } from '../amf/amf0.ts';
import { Amf3Encoder } from '../amf/amf3.ts';
import type { AmfValue } from '../amf/value.ts';
import { AmfWriter } from '../amf/writer.ts';
import { amf0Body } from './amf-body.ts';
import { RtmpError } from './errors.ts';
import { MessageType } from './message.ts';
import type { RtmpMessage } from './message.ts';

/** A remote call, or the answer to one (`_result`, `_error`), or a notice (`onStatus`). */
export interface Command {
  name: string;
  /** What an answer repeats; 0 when none is expected. */
  transactionId: number;
  /** The command object: `connect`'s properties, else mostly null. */
  object: AmfValue;
  args: AmfValue[];
}

/** 0 or 3: which AMF the peer asked for in `connect`. */
export type ObjectEncoding = 0 | 3;

/** The marker in AMF0 that the next value is AMF3. */
const AVM_PLUS = 0x11;

/** Whether the message is a command. */
export function isCommand(type: number): boolean {
  return type === MessageType.commandAmf0 || type === MessageType.commandAmf3;
}

/**
 * Decodes a command message. A missing transaction id reads as 0, a missing object as null.
 * Throws `AmfError` when the body is not AMF, `RtmpError` when it names no command.
 */
export function decodeCommand(message: Pick<RtmpMessage, 'type' | 'payload'>): Command {
  const [name, transactionId, object, ...args] = decodeAmf0(amf0Body(message));
  if (typeof name !== 'string') {
    throw new RtmpError(
      'RTMP_BAD_COMMAND',
      `A command message begins with ${name === null ? 'null' : typeof name}; expected the command's name.`,
    );
  }
  return {
    name,
    transactionId: typeof transactionId === 'number' ? transactionId : 0,
    object: object ?? null,
    args,
  };
}

/**
 * Encodes a command. With `objectEncoding` 3 it is a type 17 message in which everything that is
 * not a simple value is AMF3.
 */
export function encodeCommand(
  command: Command,
  objectEncoding: ObjectEncoding = 0,
): { type: number; payload: Buffer } {
  const { name, transactionId, object, args } = command;
  const writer = new AmfWriter();
  if (objectEncoding === 3) writer.u8(0);
  writeAmf0(writer, name);
  writeAmf0(writer, transactionId);
  for (const value of [object, ...args]) {
    if (objectEncoding === 3 && typeof value === 'object' && value !== null) {
      writer.u8(AVM_PLUS);
      new Amf3Encoder(writer).write(value);
    } else {
      writeAmf0(writer, value);
    }
  }
  return {
    type: objectEncoding === 3 ? MessageType.commandAmf3 : MessageType.commandAmf0,
    payload: writer.finish(),
  };
}
