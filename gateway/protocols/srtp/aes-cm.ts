/**
 * AES128_CM_SHA1_80 for SRTP and SRTCP (RFC 3711): AES in counter mode, HMAC-SHA1 cut to 80 bits.
 *
 *     IV (16 bytes) = (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16)      section 4.1.1
 */
import { timingSafeEqual } from 'node:crypto';
import type { SrtpCipher } from './cipher.ts';
import { HmacSha1 } from './hmac-sha1.ts';
import { CounterMode, KeyStream, STREAM_BYTES, writeCounter } from './key-stream.ts';
import type { SessionKeys } from './keys.ts';

const TAG_BYTES = 10;
/** Packets come from Ethernet; what is longer is not read. */
const MAX_PACKET_BYTES = 2000;

/** Scratch: a packet with its roll-over counter or index, and the tag that it should have. */
const signed = Buffer.alloc(MAX_PACKET_BYTES + 4);
const expected = Buffer.alloc(TAG_BYTES);

export const aesCmCipher = (rtp: SessionKeys, rtcp: SessionKeys): SrtpCipher => {
  const iv = Buffer.alloc(16);
  const [rtpMode, rtcpMode] = [new CounterMode(rtp.encryption), new CounterMode(rtcp.encryption)];
  const [rtpTag, rtcpTag] = [new HmacSha1(rtp.authentication), new HmacSha1(rtcp.authentication)];
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

  /** Whether `tag` is that of the first `length` bytes of `signed`. */
  const isAuthentic = (hmac: HmacSha1, length: number, tag: Buffer): boolean => {
    hmac.write(expected, signed, length, 0, TAG_BYTES);
    return timingSafeEqual(expected, tag);
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
        out.set(rtpMode.crypt(iv, payload), headerLength);
      }
      // The tag also covers the roll-over counter, which is not sent: it stands where the tag
      // will be while the HMAC is taken (section 4.2).
      out.writeUInt32BE(roc, end);
      rtpTag.write(out, out, end + 4, end, TAG_BYTES);
      return end + TAG_BYTES;
    },

    unprotectRtp(packet, headerLength, ssrc, roc, sequence) {
      const end = packet.length - TAG_BYTES;
      if (end < headerLength || end > MAX_PACKET_BYTES) return undefined;
      packet.copy(signed, 0, 0, end);
      signed.writeUInt32BE(roc, end);
      if (!isAuthentic(rtpTag, end + 4, packet.subarray(end))) return undefined;
      writeCounter(iv, rtp.salt, ssrc, roc, sequence);
      return rtpMode.crypt(iv, packet.subarray(headerLength, end));
    },

    protectRtcp(packet, ssrc, index) {
      writeCounter(iv, rtcp.salt, ssrc, index >>> 16, index & 0xffff);
      const end = packet.length + 4;
      const out = Buffer.allocUnsafe(end + TAG_BYTES);
      packet.copy(out, 0, 0, 8);
      out.set(rtcpMode.crypt(iv, packet.subarray(8)), 8);
      out.writeUInt32BE((0x80000000 | index) >>> 0, packet.length);
      rtcpTag.write(out, out, end, end, TAG_BYTES);
      return out;
    },

    unprotectRtcp(packet) {
      const tagAt = packet.length - TAG_BYTES;
      const wordAt = tagAt - 4;
      if (wordAt < 8 || tagAt > MAX_PACKET_BYTES) return undefined;
      const word = packet.readUInt32BE(wordAt);
      if (word < 0x80000000) return undefined; // we never agree to unencrypted SRTCP
      packet.copy(signed, 0, 0, tagAt);
      if (!isAuthentic(rtcpTag, tagAt, packet.subarray(tagAt))) return undefined;
      const index = word & 0x7fffffff;
      writeCounter(iv, rtcp.salt, packet.readUInt32BE(4), index >>> 16, index & 0xffff);
      const body = rtcpMode.crypt(iv, packet.subarray(8, wordAt));
      return { index, packet: Buffer.concat([packet.subarray(0, 8), body]) };
    },
  };
};
