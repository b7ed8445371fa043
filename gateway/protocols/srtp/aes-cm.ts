/**
 * AES128_CM_SHA1_80 for SRTP and SRTCP (RFC 3711): AES in counter mode, HMAC-SHA1 cut to 80 bits.
 *
 *     IV (16 bytes) = (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16)      section 4.1.1
 */
import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { SrtpCipher } from './cipher.ts';
import { HmacSha1 } from './hmac-sha1.ts';
import { KeyStream, STREAM_BYTES, writeCounter } from './key-stream.ts';
import type { SessionKeys } from './keys.ts';

const TAG_BYTES = 10;

export const aesCmCipher = (rtp: SessionKeys, rtcp: SessionKeys): SrtpCipher => {
  const iv = Buffer.alloc(16);
  // Encryption and decryption are the same XOR with the key stream.
  const crypt = (keys: SessionKeys, bytes: Uint8Array): Buffer =>
    createCipheriv('aes-128-ctr', keys.encryption, iv).update(bytes);
  const tagOf = (key: KeyObject, bytes: Buffer): Buffer =>
    createHmac('sha1', key).update(bytes).digest().subarray(0, TAG_BYTES);

  const rocBytes = Buffer.alloc(4);
  const rtpTag = new HmacSha1(rtp.authentication);
  const streams = new Map<number, KeyStream>();
  /** The memory that packets are written to, as words. */
  let words: Uint32Array = new Uint32Array(0);

  /** Encrypts `length` bytes in place from `from` of `out` on, if the source's key stream has them. */
  const applyStream = (
    out: Buffer,
    from: number,
    length: number,
    ssrc: number,
    index: number,
  ): boolean => {
    const start = out.byteOffset + from;
    if (length > STREAM_BYTES || (start & 3) !== 0) return false;
    if (words.buffer !== out.buffer) {
      words = new Uint32Array(out.buffer, 0, out.buffer.byteLength >> 2);
    }
    let stream = streams.get(ssrc);
    if (stream === undefined) {
      stream = new KeyStream(rtp, ssrc);
      streams.set(ssrc, stream);
    }
    const count = (length + 3) >> 2;
    return (start >> 2) + count <= words.length && stream.apply(index, words, start >> 2, count);
  };

  return {
    rtpOverhead: TAG_BYTES,
    rtcpOverhead: TAG_BYTES + 4,

    protectRtp(out, headerLength, payload, ssrc, roc, sequence) {
      const end = headerLength + payload.length;
      out.set(payload, headerLength);
      const index = roc * 0x10000 + sequence;
      if (!applyStream(out, headerLength, payload.length, ssrc, index)) {
        // A repetition, or memory that does not lie on words.
        writeCounter(iv, rtp.salt, ssrc, roc, sequence);
        out.set(crypt(rtp, payload), headerLength);
      }
      // The tag also covers the roll-over counter, which is not sent: it stands where the tag
      // will be while the HMAC is taken (section 4.2).
      out.writeUInt32BE(roc, end);
      rtpTag.write(out, end + 4, end, TAG_BYTES);
      return end + TAG_BYTES;
    },

    unprotectRtp(packet, headerLength, ssrc, roc, sequence) {
      const end = packet.length - TAG_BYTES;
      if (end < headerLength) return undefined;
      rocBytes.writeUInt32BE(roc);
      const tag = createHmac('sha1', rtp.authentication)
        .update(packet.subarray(0, end))
        .update(rocBytes)
        .digest();
      if (!timingSafeEqual(tag.subarray(0, TAG_BYTES), packet.subarray(end))) return undefined;
      writeCounter(iv, rtp.salt, ssrc, roc, sequence);
      return crypt(rtp, packet.subarray(headerLength, end));
    },

    protectRtcp(packet, ssrc, index) {
      writeCounter(iv, rtcp.salt, ssrc, index >>> 16, index & 0xffff);
      const out = Buffer.allocUnsafe(packet.length + 4 + TAG_BYTES);
      packet.copy(out, 0, 0, 8);
      out.set(crypt(rtcp, packet.subarray(8)), 8);
      out.writeUInt32BE((0x80000000 | index) >>> 0, packet.length);
      out.set(tagOf(rtcp.authentication, out.subarray(0, packet.length + 4)), packet.length + 4);
      return out;
    },

    unprotectRtcp(packet) {
      const tagAt = packet.length - TAG_BYTES;
      const wordAt = tagAt - 4;
      if (wordAt < 8) return undefined;
      const word = packet.readUInt32BE(wordAt);
      if (word < 0x80000000) return undefined; // we never agree to unencrypted SRTCP
      const tag = tagOf(rtcp.authentication, packet.subarray(0, tagAt));
      if (!timingSafeEqual(tag, packet.subarray(tagAt))) return undefined;
      const index = word & 0x7fffffff;
      writeCounter(iv, rtcp.salt, packet.readUInt32BE(4), index >>> 16, index & 0xffff);
      const body = crypt(rtcp, packet.subarray(8, wordAt));
      return { index, packet: Buffer.concat([packet.subarray(0, 8), body]) };
    },
  };
};
