/**
 * The digest in the "complex" handshake, which Flash Player and FMS use since 2007 and without which
 * Flash plays no H.264. It is in no standard; Adobe's RTMP specification calls these bytes random.
 *
 *     C1/S1   0        4          8                     772                   1536
 *             | time   | version  | 764-byte block      | 764-byte block      |
 *     schema 0                    | digest block        | key block           |
 *     schema 1                    | key block           | digest block        |
 *
 * A digest block begins with four bytes whose sum, modulo 728, says how far behind them the 32 bytes
 * of the digest are: HMAC-SHA-256 over the other 1504 bytes of the packet. The key block is for
 * RTMPE's key exchange only.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Length of C1, S1, C2 and S2 in bytes. */
export const HANDSHAKE_BYTES = 1536;
export const DIGEST_BYTES = 32;

/** Where the digest block begins, by schema. */
const digestBlocks = [8, 772] as const;
const DIGEST_OFFSETS = 728;

/** The second half of both keys, used for C2 and S2 only. */
const keyTail = Buffer.from(
  'f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae',
  'hex',
);

/** What each side signs with: `short` its C1 or S1, `full` its answer to the other's. */
export const clientKey = signingKey('Genuine Adobe Flash Player 001');
export const serverKey = signingKey('Genuine Adobe Flash Media Server 001');

export interface SigningKey {
  short: Buffer;
  full: Buffer;
}

export type Schema = 0 | 1;

function signingKey(name: string): SigningKey {
  const short = Buffer.from(name, 'latin1');
  return { short, full: Buffer.concat([short, keyTail]) };
}

function hmac(key: Uint8Array, ...parts: Uint8Array[]): Buffer {
  const hash = createHmac('sha256', key);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function digestOffset(packet: Buffer, schema: Schema): number {
  const at = digestBlocks[schema];
  const sum =
    packet.readUInt8(at) +
    packet.readUInt8(at + 1) +
    packet.readUInt8(at + 2) +
    packet.readUInt8(at + 3);
  return at + 4 + (sum % DIGEST_OFFSETS);
}

function digestOf(packet: Buffer, offset: number, key: SigningKey): Buffer {
  return hmac(key.short, packet.subarray(0, offset), packet.subarray(offset + DIGEST_BYTES));
}

/** Puts its digest into a C1 or S1 and answers the digest. */
export function sign(packet: Buffer, schema: Schema, key: SigningKey): Buffer {
  const offset = digestOffset(packet, schema);
  const digest = digestOf(packet, offset, key);
  digest.copy(packet, offset);
  return digest;
}

/** The digest of a C1 or S1 and its schema; undefined when it has no valid one. */
export function findDigest(
  packet: Buffer,
  key: SigningKey,
): { schema: Schema; digest: Buffer } | undefined {
  for (const schema of [0, 1] as const) {
    const offset = digestOffset(packet, schema);
    const digest = Buffer.from(packet.subarray(offset, offset + DIGEST_BYTES));
    if (timingSafeEqual(digest, digestOf(packet, offset, key))) return { schema, digest };
  }
  return undefined;
}

/** Makes 1536 random bytes the answer (S2 or C2) to a packet with `digest`: signs their end. */
export function signAnswer(answer: Buffer, digest: Buffer, key: SigningKey): void {
  const end = HANDSHAKE_BYTES - DIGEST_BYTES;
  hmac(hmac(key.full, digest), answer.subarray(0, end)).copy(answer, end);
}
