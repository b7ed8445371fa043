/**
 * DTLS 1.2 records (RFC 6347, 4.1) and their protection by TLS_ECDHE_*_WITH_AES_128_GCM_SHA256
 * (RFC 5288, 3; RFC 6347, 4.1.2.1), as far as an established connection needs it.
 *
 *    | type 1 | version 2 | epoch 2 | sequence number 6 | length 2 | fragment …
 */
import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { tlsPrf } from './prf.ts';

export const RECORD_HEADER_BYTES = 13;
const EXPLICIT_NONCE_BYTES = 8;
const TAG_BYTES = 16;

export const contentTypes = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
} as const;

export interface DtlsRecord {
  readonly type: number;
  readonly epoch: number;
  /** The whole record, header included, sharing the datagram's memory. */
  readonly bytes: Buffer;
}

/** True when the datagram can be DTLS (RFC 7983: first byte 20–63). */
export const isDtls = (datagram: Buffer): boolean =>
  datagram.length >= RECORD_HEADER_BYTES && datagram[0]! >= 20 && datagram[0]! <= 63;

/** Cuts a datagram into records; `undefined` when their lengths do not fill it exactly. */
export const splitRecords = (datagram: Buffer): DtlsRecord[] | undefined => {
  const records: DtlsRecord[] = [];
  let at = 0;
  while (at < datagram.length) {
    if (at + RECORD_HEADER_BYTES > datagram.length) return undefined;
    const end = at + RECORD_HEADER_BYTES + datagram.readUInt16BE(at + 11);
    if (end > datagram.length || datagram[at + 1] !== 0xfe) return undefined;
    records.push({
      type: datagram[at]!,
      epoch: datagram.readUInt16BE(at + 3),
      bytes: datagram.subarray(at, end),
    });
    at = end;
  }
  return records;
};

/** One direction's write key and the implicit part of its nonces. */
export interface RecordKeys {
  readonly key: KeyObject;
  readonly iv: Buffer;
}

/** Record keys of both sides (RFC 5246, 6.3; no MAC keys with an AEAD cipher). */
export const deriveRecordKeys = (
  masterSecret: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): { readonly client: RecordKeys; readonly server: RecordKeys } => {
  const seed = Buffer.concat([serverRandom, clientRandom]);
  const block = tlsPrf(masterSecret, 'key expansion', seed, 40);
  return {
    client: { key: createSecretKey(block.subarray(0, 16)), iv: block.subarray(32, 36) },
    server: { key: createSecretKey(block.subarray(16, 32)), iv: block.subarray(36, 40) },
  };
};

/** AAD: epoch and sequence number, type, version, length of the plaintext (RFC 5246, 6.2.3.3). */
const additionalData = (header: Buffer, plainLength: number): Buffer => {
  const aad = Buffer.alloc(13);
  header.copy(aad, 0, 3, 11);
  header.copy(aad, 8, 0, 3);
  aad.writeUInt16BE(plainLength, 11);
  return aad;
};

/** The plaintext of a protected record, `undefined` when it is not authentic. */
export const openRecord = (record: Buffer, keys: RecordKeys): Buffer | undefined => {
  const from = RECORD_HEADER_BYTES + EXPLICIT_NONCE_BYTES;
  const tagAt = record.length - TAG_BYTES;
  if (tagAt < from) return undefined;
  const nonce = Buffer.concat([keys.iv, record.subarray(RECORD_HEADER_BYTES, from)]);
  const decipher = createDecipheriv('aes-128-gcm', keys.key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalData(record, tagAt - from)).setAuthTag(record.subarray(tagAt));
  const plain = decipher.update(record.subarray(from, tagAt));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return plain;
};

/** Protects a fragment as a record of epoch 1; a sequence number must never be used twice. */
export const sealRecord = (
  type: number,
  sequence: number,
  plain: Buffer,
  keys: RecordKeys,
): Buffer => {
  const header = Buffer.alloc(RECORD_HEADER_BYTES + EXPLICIT_NONCE_BYTES);
  header[0] = type;
  header.writeUInt16BE(0xfefd, 1);
  header.writeUInt16BE(1, 3);
  header.writeUIntBE(sequence, 5, 6);
  header.writeUInt16BE(EXPLICIT_NONCE_BYTES + plain.length + TAG_BYTES, 11);
  // The explicit nonce is the record's number (RFC 6347, 4.1.2.1).
  header.copy(header, RECORD_HEADER_BYTES, 3, 11);
  const nonce = Buffer.concat([keys.iv, header.subarray(RECORD_HEADER_BYTES)]);
  const cipher = createCipheriv('aes-128-gcm', keys.key, nonce);
  cipher.setAAD(additionalData(header, plain.length));
  const sealed = cipher.update(plain);
  cipher.final();
  return Buffer.concat([header, sealed, cipher.getAuthTag()]);
};
