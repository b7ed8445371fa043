/**
 * AEAD_AES_128_GCM for SRTP and SRTCP (RFC 7714).
 *
 *     IV (12 bytes) = (00 00 | SSRC | ROC | SEQ) XOR salt          RTP,  section 8.1
 *     IV (12 bytes) = (00 00 | SSRC | 00 00 | index) XOR salt      RTCP, section 9.1
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { SrtpCipher } from './cipher.ts';
import type { SessionKeys } from './keys.ts';
import { packetLanes } from './packet-lanes.ts';

const TAG_BYTES = 16;
const algorithm = 'aes-128-gcm';

export const gcmCipher = (rtp: SessionKeys, rtcp: SessionKeys): SrtpCipher => {
  // One IV buffer serves every packet: OpenSSL copies it when a cipher is made.
  const iv = Buffer.alloc(12);
  const writeIv = (salt: Buffer, ssrc: number, high: number, low: number): void => {
    iv.set(salt);
    iv.writeUInt32BE((iv.readUInt32BE(2) ^ ssrc) >>> 0, 2);
    iv.writeUInt32BE((iv.readUInt32BE(6) ^ high) >>> 0, 6);
    iv.writeUInt16BE(iv.readUInt16BE(10) ^ low, 10);
  };

  /** Answers the plaintext, or undefined when the tag does not fit. */
  const open = (
    keys: SessionKeys,
    aad: Buffer,
    ciphertext: Buffer,
    tag: Buffer,
  ): Buffer | undefined => {
    const decipher = createDecipheriv(algorithm, keys.encryption, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(aad).setAuthTag(tag);
    const plain = decipher.update(ciphertext);
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return plain;
  };

  return {
    rtpOverhead: TAG_BYTES,
    rtcpOverhead: TAG_BYTES + 4,

    laneKey: undefined,

    encryptRtp(lane, headerLength, payload, ssrc, roc, sequence) {
      const out = packetLanes[lane]!;
      writeIv(rtp.salt, ssrc, roc, sequence);
      const cipher = createCipheriv(algorithm, rtp.encryption, iv);
      cipher.setAAD(out.subarray(0, headerLength));
      out.set(cipher.update(payload), headerLength);
      cipher.final();
      const end = headerLength + payload.length;
      out.set(cipher.getAuthTag(), end);
      return end + TAG_BYTES;
    },

    unprotectRtp(packet, headerLength, ssrc, roc, sequence) {
      const end = packet.length - TAG_BYTES;
      if (end < headerLength) return undefined;
      writeIv(rtp.salt, ssrc, roc, sequence);
      return open(
        rtp,
        packet.subarray(0, headerLength),
        packet.subarray(headerLength, end),
        packet.subarray(end),
      );
    },

    protectRtcp(packet, ssrc, index) {
      writeIv(rtcp.salt, ssrc, index >>> 16, index & 0xffff);
      const out = Buffer.allocUnsafe(packet.length + TAG_BYTES + 4);
      const word = (0x80000000 | index) >>> 0;
      const aad = Buffer.allocUnsafe(12);
      packet.copy(aad, 0, 0, 8);
      aad.writeUInt32BE(word, 8);
      const cipher = createCipheriv(algorithm, rtcp.encryption, iv);
      cipher.setAAD(aad);
      packet.copy(out, 0, 0, 8);
      out.set(cipher.update(packet.subarray(8)), 8);
      cipher.final();
      out.set(cipher.getAuthTag(), packet.length);
      out.writeUInt32BE(word, packet.length + TAG_BYTES);
      return out;
    },

    unprotectRtcp(packet) {
      const wordAt = packet.length - 4;
      const tagAt = wordAt - TAG_BYTES;
      if (tagAt < 8) return undefined;
      const word = packet.readUInt32BE(wordAt);
      if (word < 0x80000000) return undefined; // we never agree to unencrypted SRTCP
      const index = word & 0x7fffffff;
      const aad = Buffer.allocUnsafe(12);
      packet.copy(aad, 0, 0, 8);
      aad.writeUInt32BE(word, 8);
      writeIv(rtcp.salt, packet.readUInt32BE(4), index >>> 16, index & 0xffff);
      const body = open(rtcp, aad, packet.subarray(8, tagAt), packet.subarray(tagAt, wordAt));
      if (body === undefined) return undefined;
      return { index, packet: Buffer.concat([packet.subarray(0, 8), body]) };
    },
  };
};
