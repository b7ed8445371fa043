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
import type { LaneKey } from './packet-lanes.ts';
import { packetLanes, prepareLaneKey } from './packet-lanes.ts';

const TAG_BYTES = 10;
/** Packets come from Ethernet; what is longer is not read. */
const MAX_PACKET_BYTES = 2000;

/** Scratch: an initial counter, a packet with its roll-over counter or index, its tag as it should be. */
const iv = Buffer.alloc(16);
const signed = Buffer.alloc(MAX_PACKET_BYTES + 4);
const expected = Buffer.alloc(TAG_BYTES);

/** Whether `tag` is that of the first `length` bytes of `signed`. */
const isAuthentic = (hmac: HmacSha1, length: number, tag: Buffer): boolean => {
  hmac.write(expected, signed, length, 0, TAG_BYTES);
  return timingSafeEqual(expected, tag);
};

export class AesCmCipher implements SrtpCipher {
  readonly rtpOverhead = TAG_BYTES;
  readonly rtcpOverhead = TAG_BYTES + 4;
  readonly laneKey: LaneKey;
  readonly #rtp: SessionKeys;
  readonly #rtcp: SessionKeys;
  readonly #rtpMode: CounterMode;
  readonly #rtcpMode: CounterMode;
  readonly #rtpTag: HmacSha1;
  readonly #rtcpTag: HmacSha1;
  readonly #streams = new Map<number, KeyStream>();
  #newest: KeyStream | undefined;

  constructor(rtp: SessionKeys, rtcp: SessionKeys) {
    this.laneKey = prepareLaneKey(rtp.authentication);
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.#rtpMode = new CounterMode(rtp.encryption);
    this.#rtcpMode = new CounterMode(rtcp.encryption);
    this.#rtpTag = new HmacSha1(rtp.authentication);
    this.#rtcpTag = new HmacSha1(rtcp.authentication);
  }

  encryptRtp(
    lane: number,
    headerLength: number,
    payload: Uint8Array,
    ssrc: number,
    roc: number,
    sequence: number,
  ): number {
    const out = packetLanes[lane]!;
    const { length } = payload;
    const end = headerLength + length;
    out.set(payload, headerLength);
    const isStreamed =
      length <= STREAM_BYTES &&
      this.#streamOf(ssrc).apply(roc * 0x10000 + sequence, lane, headerLength, length);
    if (!isStreamed) {
      // A repetition, or longer than any packet of ours.
      writeCounter(iv, this.#rtp.salt, ssrc, roc, sequence);
      out.set(this.#rtpMode.crypt(iv, payload), headerLength);
    }
    // The tag also covers the roll-over counter, which is not sent (section 4.2).
    out.writeUInt32BE(roc, end);
    return end + TAG_BYTES;
  }

  unprotectRtp(
    packet: Buffer,
    headerLength: number,
    ssrc: number,
    roc: number,
    sequence: number,
  ): Buffer | undefined {
    const end = packet.length - TAG_BYTES;
    if (end < headerLength || end > MAX_PACKET_BYTES) return undefined;
    packet.copy(signed, 0, 0, end);
    signed.writeUInt32BE(roc, end);
    if (!isAuthentic(this.#rtpTag, end + 4, packet.subarray(end))) return undefined;
    writeCounter(iv, this.#rtp.salt, ssrc, roc, sequence);
    return this.#rtpMode.crypt(iv, packet.subarray(headerLength, end));
  }

  protectRtcp(packet: Buffer, ssrc: number, index: number): Buffer {
    writeCounter(iv, this.#rtcp.salt, ssrc, index >>> 16, index & 0xffff);
    const end = packet.length + 4;
    const out = Buffer.allocUnsafe(end + TAG_BYTES);
    packet.copy(out, 0, 0, 8);
    out.set(this.#rtcpMode.crypt(iv, packet.subarray(8)), 8);
    out.writeUInt32BE((0x80000000 | index) >>> 0, packet.length);
    this.#rtcpTag.write(out, out, end, end, TAG_BYTES);
    return out;
  }

  unprotectRtcp(packet: Buffer): { readonly index: number; readonly packet: Buffer } | undefined {
    const tagAt = packet.length - TAG_BYTES;
    const wordAt = tagAt - 4;
    if (wordAt < 8 || tagAt > MAX_PACKET_BYTES) return undefined;
    const word = packet.readUInt32BE(wordAt);
    if (word < 0x80000000) return undefined; // we never agree to unencrypted SRTCP
    packet.copy(signed, 0, 0, tagAt);
    if (!isAuthentic(this.#rtcpTag, tagAt, packet.subarray(tagAt))) return undefined;
    const index = word & 0x7fffffff;
    writeCounter(iv, this.#rtcp.salt, packet.readUInt32BE(4), index >>> 16, index & 0xffff);
    const body = this.#rtcpMode.crypt(iv, packet.subarray(8, wordAt));
    return { index, packet: Buffer.concat([packet.subarray(0, 8), body]) };
  }

  /** A frame's packets are of one source: it is asked for again and again. */
  #streamOf(ssrc: number): KeyStream {
    if (this.#newest?.ssrc === ssrc) return this.#newest;
    let stream = this.#streams.get(ssrc);
    if (stream === undefined) {
      stream = new KeyStream(this.#rtp, ssrc);
      this.#streams.set(ssrc, stream);
    }
    this.#newest = stream;
    return stream;
  }
}
