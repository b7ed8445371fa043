/**
 * What a DTLS 1.2 server must check of its client at the handshake's end (RFC 5246, 7.4.8, 7.4.9):
 * that the client holds the key of the certificate it showed, and that both saw the same messages.
 */
import { createHash, timingSafeEqual, verify, X509Certificate } from 'node:crypto';
import { tlsPrf } from './prf.ts';

/** A handshake message in the order of the transcript, as sent, header included. */
export interface HandshakeMessage {
  readonly type: number;
  readonly bytes: Buffer;
}

const handshakeTypes = { certificateVerify: 15, finished: 20 } as const;
const HEADER_BYTES = 12;

const hashNames: Readonly<Record<number, string>> = { 4: 'sha256', 5: 'sha384', 6: 'sha512' };
const ECDSA = 3;
const RSA = 1;

const before = (messages: readonly HandshakeMessage[], type: number): Buffer | undefined => {
  const end = messages.findIndex((message) => message.type === type);
  return end < 0 ? undefined : Buffer.concat(messages.slice(0, end).map(({ bytes }) => bytes));
};

const bodyOf = (messages: readonly HandshakeMessage[], type: number): Buffer | undefined =>
  messages.find((message) => message.type === type)?.bytes.subarray(HEADER_BYTES);

const signatureFits = (
  messages: readonly HandshakeMessage[],
  certificate: Uint8Array,
): string | undefined => {
  const body = bodyOf(messages, handshakeTypes.certificateVerify);
  const signed = before(messages, handshakeTypes.certificateVerify);
  if (body === undefined || signed === undefined || body.length < 4) {
    return 'The client sent no CertificateVerify.';
  }
  const hash = hashNames[body[0]!];
  if (hash === undefined || (body[1] !== ECDSA && body[1] !== RSA)) {
    return `The client signed with hash ${body[0]} and algorithm ${body[1]}, which are not taken.`;
  }
  const key = new X509Certificate(certificate).publicKey;
  return verify(hash, signed, key, body.subarray(4, 4 + body.readUInt16BE(2)))
    ? undefined
    : 'The signature in CertificateVerify does not fit the client’s certificate.';
};

const finishedFits = (
  messages: readonly HandshakeMessage[],
  masterSecret: Uint8Array,
): string | undefined => {
  const body = bodyOf(messages, handshakeTypes.finished);
  const transcript = before(messages, handshakeTypes.finished);
  if (body === undefined || transcript === undefined) return 'The client sent no Finished.';
  const digest = createHash('sha256').update(transcript).digest();
  const expected = tlsPrf(masterSecret, 'client finished', digest, 12);
  return body.length === 12 && timingSafeEqual(body, expected)
    ? undefined
    : 'The client’s Finished does not fit the handshake’s transcript.';
};

/** The SHA-256 (or other) digest of a certificate as SDP writes it: `AB:CD:…`. */
const certificateDigest = (certificate: Uint8Array, algorithm: string): string =>
  createHash(algorithm.replace('-', ''))
    .update(certificate)
    .digest('hex')
    .toUpperCase()
    .replace(/(..)(?!$)/g, '$1:');

const knownDigests = ['sha-512', 'sha-384', 'sha-256'];

/**
 * Why the client is not who its offer announced, as a sentence; `undefined` when all is well.
 * Of several fingerprints only those of the strongest hash count (RFC 8122, 5).
 */
export const refusePeer = (
  messages: readonly HandshakeMessage[],
  certificate: Uint8Array | undefined,
  masterSecret: Uint8Array,
  fingerprints: readonly { readonly algorithm: string; readonly value: string }[],
): string | undefined => {
  if (certificate === undefined) return 'The client showed no certificate.';
  const algorithm = knownDigests.find((one) => fingerprints.some((f) => f.algorithm === one));
  if (algorithm === undefined) {
    return `The offer has fingerprints of ${fingerprints.map((f) => f.algorithm).join(', ')}; expected sha-256.`;
  }
  const digest = certificateDigest(certificate, algorithm);
  if (!fingerprints.some((f) => f.algorithm === algorithm && f.value === digest)) {
    return 'The client’s certificate does not have the fingerprint that its offer announced.';
  }
  return signatureFits(messages, certificate) ?? finishedFits(messages, masterSecret);
};
