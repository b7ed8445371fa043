/**
 * STUN messages (RFC 8489) as ICE uses them (RFC 8445): read, check and write.
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |0 0|     STUN Message Type     |         Message Length        |
 *    |                         Magic Cookie                          |
 *    |                     Transaction ID (96 bits)                  |
 *
 * Reading takes no memory before the whole header and every attribute length have been checked, so
 * that a flood of garbage costs nothing but the look at it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { TransportAddress } from './address.ts';
import { writeXorAddress, xorAddressLength } from './address.ts';

export const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
/** XOR of the CRC-32 in FINGERPRINT (RFC 8489, 14.7): "STUN" in ASCII. */
const FINGERPRINT_XOR = 0x5354554e;
/** An ICE connectivity check is about 100 bytes; nothing we answer comes near this. */
const MAX_MESSAGE_BYTES = 1500;

export const stunTypes = {
  bindingRequest: 0x0001,
  bindingIndication: 0x0011,
  bindingSuccess: 0x0101,
  bindingError: 0x0111,
} as const;

const attributes = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  priority: 0x0024,
  useCandidate: 0x0025,
  xorMappedAddress: 0x0020,
  fingerprint: 0x8028,
  iceControlled: 0x8029,
  iceControlling: 0x802a,
} as const;

/** A request as an ICE-lite agent needs it. Offsets point into the buffer that was read. */
export interface StunMessage {
  readonly type: number;
  /** 12 bytes, shared with the buffer that was read. */
  readonly transactionId: Buffer;
  readonly username: string | undefined;
  /** Where MESSAGE-INTEGRITY begins, 0 when there is none. */
  readonly integrityOffset: number;
  readonly hasFingerprint: boolean;
  readonly useCandidate: boolean;
  /** Tie-breaker of the role attribute that is there (RFC 8445, 7.1.2). */
  readonly controlling: bigint | undefined;
  readonly controlled: bigint | undefined;
  /** Comprehension-required attributes (below 0x8000) that we do not know. */
  readonly unknown: readonly number[];
}

/** True when the packet can be STUN (RFC 7983: first byte 0–3, then the magic cookie). */
export const isStun = (packet: Buffer): boolean =>
  packet.length >= HEADER_BYTES &&
  packet.length <= MAX_MESSAGE_BYTES &&
  packet[0]! < 4 &&
  packet.readUInt32BE(4) === MAGIC_COOKIE &&
  packet.readUInt16BE(2) === packet.length - HEADER_BYTES &&
  (packet.length & 3) === 0;

/** Walks the attributes and answers whether their lengths fill the message exactly. */
const attributesFit = (packet: Buffer): boolean => {
  let offset = HEADER_BYTES;
  while (offset + 4 <= packet.length) {
    offset += 4 + ((packet.readUInt16BE(offset + 2) + 3) & ~3);
  }
  return offset === packet.length;
};

/** The CRC-32 at the message's end is right (RFC 8489, 14.7). */
const fingerprintFits = (packet: Buffer, offset: number): boolean =>
  offset + 8 === packet.length &&
  (crc32(packet.subarray(0, offset)) ^ FINGERPRINT_XOR) >>> 0 === packet.readUInt32BE(offset + 4);

/**
 * Reads a STUN message. Answers `undefined` for whatever is not one: wrong lengths, a FINGERPRINT
 * that does not fit, attributes of an impossible size. Authentication is `integrityMatches`.
 */
export const parseStun = (packet: Buffer): StunMessage | undefined => {
  if (!isStun(packet) || !attributesFit(packet)) return undefined;
  let username: string | undefined;
  let integrityOffset = 0;
  let hasFingerprint = false;
  let useCandidate = false;
  let controlling: bigint | undefined;
  let controlled: bigint | undefined;
  const unknown: number[] = [];
  for (let offset = HEADER_BYTES; offset < packet.length;) {
    const type = packet.readUInt16BE(offset);
    const length = packet.readUInt16BE(offset + 2);
    const value = offset + 4;
    if (type === attributes.fingerprint) {
      if (length !== 4 || !fingerprintFits(packet, offset)) return undefined;
      hasFingerprint = true;
    } else if (integrityOffset !== 0) {
      // Whatever follows MESSAGE-INTEGRITY is not protected and is ignored (RFC 8489, 14.5).
    } else if (type === attributes.messageIntegrity) {
      if (length !== 20) return undefined;
      integrityOffset = offset;
    } else if (type === attributes.username) {
      if (length > 512) return undefined;
      username = packet.toString('utf8', value, value + length);
    } else if (type === attributes.useCandidate) useCandidate = true;
    else if (type === attributes.iceControlling && length === 8)
      controlling = packet.readBigUInt64BE(value);
    else if (type === attributes.iceControlled && length === 8)
      controlled = packet.readBigUInt64BE(value);
    else if (type < 0x8000 && type !== attributes.priority && unknown.length < 16)
      unknown.push(type);
    offset = value + ((length + 3) & ~3);
  }
  return {
    type: packet.readUInt16BE(0),
    transactionId: packet.subarray(8, 20),
    username,
    integrityOffset,
    hasFingerprint,
    useCandidate,
    controlling,
    controlled,
    unknown,
  };
};

/** HMAC-SHA1 over the message up to MESSAGE-INTEGRITY, with the length counted to its end. */
const integrityOf = (message: Buffer, offset: number, password: string): Buffer => {
  const header = Buffer.from(message.subarray(0, HEADER_BYTES));
  header.writeUInt16BE(offset + 24 - HEADER_BYTES, 2);
  return createHmac('sha1', password)
    .update(header)
    .update(message.subarray(HEADER_BYTES, offset))
    .digest();
};

/** True when the message carries MESSAGE-INTEGRITY made with this password (RFC 8489, 14.5). */
export const integrityMatches = (
  packet: Buffer,
  message: Pick<StunMessage, 'integrityOffset'>,
  password: string,
): boolean => {
  const at = message.integrityOffset;
  if (at === 0) return false;
  return timingSafeEqual(integrityOf(packet, at, password), packet.subarray(at + 4, at + 24));
};

/** What a message to be written holds; only what is set is written, in this order. */
export interface StunFields {
  readonly type: number;
  readonly transactionId: Uint8Array;
  readonly username?: string;
  readonly priority?: number;
  readonly useCandidate?: boolean;
  readonly controlling?: bigint;
  readonly controlled?: bigint;
  readonly mapped?: TransportAddress;
  readonly error?: { readonly code: number; readonly reason: string };
  readonly unknown?: readonly number[];
  /** Adds MESSAGE-INTEGRITY keyed by this short-term password. FINGERPRINT always follows. */
  readonly password?: string;
}

/** Writes a STUN message with FINGERPRINT at its end. */
export const buildStun = (fields: StunFields): Buffer => {
  const message = Buffer.alloc(MAX_MESSAGE_BYTES);
  message.writeUInt16BE(fields.type, 0);
  message.writeUInt32BE(MAGIC_COOKIE, 4);
  message.set(fields.transactionId.subarray(0, 12), 8);
  let end = HEADER_BYTES;
  const attribute = (type: number, length: number): number => {
    message.writeUInt16BE(type, end);
    message.writeUInt16BE(length, end + 2);
    const value = end + 4;
    end = value + ((length + 3) & ~3);
    return value;
  };
  if (fields.username !== undefined) {
    const bytes = Buffer.from(fields.username.slice(0, 256));
    message.set(bytes, attribute(attributes.username, bytes.length));
  }
  if (fields.priority !== undefined)
    message.writeUInt32BE(fields.priority >>> 0, attribute(attributes.priority, 4));
  if (fields.useCandidate === true) attribute(attributes.useCandidate, 0);
  if (fields.controlling !== undefined)
    message.writeBigUInt64BE(fields.controlling, attribute(attributes.iceControlling, 8));
  if (fields.controlled !== undefined)
    message.writeBigUInt64BE(fields.controlled, attribute(attributes.iceControlled, 8));
  if (fields.mapped !== undefined) {
    const at = attribute(attributes.xorMappedAddress, xorAddressLength(fields.mapped));
    writeXorAddress(message, at, fields.mapped);
  }
  if (fields.error !== undefined) {
    const reason = Buffer.from(fields.error.reason.slice(0, 120));
    const at = attribute(attributes.errorCode, 4 + reason.length);
    message[at + 2] = Math.floor(fields.error.code / 100);
    message[at + 3] = fields.error.code % 100;
    message.set(reason, at + 4);
  }
  if (fields.unknown !== undefined && fields.unknown.length > 0) {
    const at = attribute(attributes.unknownAttributes, fields.unknown.length * 2);
    fields.unknown.forEach((type, index) => message.writeUInt16BE(type, at + index * 2));
  }
  if (fields.password !== undefined) {
    const at = end;
    const value = attribute(attributes.messageIntegrity, 20);
    message.set(integrityOf(message, at, fields.password), value);
  }
  message.writeUInt16BE(end + 8 - HEADER_BYTES, 2);
  const crc = (crc32(message.subarray(0, end)) ^ FINGERPRINT_XOR) >>> 0;
  message.writeUInt32BE(crc, attribute(attributes.fingerprint, 4));
  return message.subarray(0, end);
};
