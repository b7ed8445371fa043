/**
 * The RTP fixed header (RFC 3550, 5.1) with header extensions in their one-byte form (RFC 8285, 4.2).
 *
 *     0                   1                   2                   3
 *    |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *    |                           timestamp                           |
 *    |                             SSRC                              |
 *    |            CSRC list, CC words                                |
 *    |          0xBEDE               |     extension length (words)  |
 */

export const RTP_HEADER_BYTES = 12;

export interface RtpHeader {
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  /** Bytes of header, contributing sources and extensions: where the payload begins. */
  readonly length: number;
  /** Bytes of padding at the packet's end say so in its last byte. */
  readonly padded: boolean;
}

/** RFC 5761, 4: with RTP and RTCP on one port, packet types 192–223 are RTCP. */
export const isRtcp = (packet: Buffer): boolean =>
  packet.length >= 8 && packet[1]! >= 192 && packet[1]! <= 223;

/** Where the payload begins; 0 when the packet is no RTP or shorter than its header claims. */
export const rtpHeaderLength = (packet: Buffer): number => {
  if (packet.length < RTP_HEADER_BYTES || packet[0]! >> 6 !== 2) return 0;
  let length = RTP_HEADER_BYTES + (packet[0]! & 0x0f) * 4;
  if ((packet[0]! & 0x10) !== 0) {
    if (packet.length < length + 4) return 0;
    length += 4 + packet.readUInt16BE(length + 2) * 4;
  }
  return length <= packet.length ? length : 0;
};

/** Reads the header; `undefined` when `rtpHeaderLength` is 0. */
export const readRtpHeader = (packet: Buffer): RtpHeader | undefined => {
  const length = rtpHeaderLength(packet);
  if (length === 0) return undefined;
  return {
    marker: (packet[1]! & 0x80) !== 0,
    payloadType: packet[1]! & 0x7f,
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    ssrc: packet.readUInt32BE(8),
    length,
    padded: (packet[0]! & 0x20) !== 0,
  };
};

/**
 * The value of the extension with this identifier, sharing the packet's memory; `undefined` when
 * it is not there or the extensions are not of the one-byte form.
 */
export const readExtension = (packet: Buffer, id: number): Buffer | undefined => {
  if ((packet[0]! & 0x10) === 0) return undefined;
  let offset = RTP_HEADER_BYTES + (packet[0]! & 0x0f) * 4;
  if (packet.length < offset + 4 || packet.readUInt16BE(offset) !== 0xbede) return undefined;
  const end = Math.min(packet.length, offset + 4 + packet.readUInt16BE(offset + 2) * 4);
  offset += 4;
  while (offset < end) {
    const byte = packet[offset]!;
    if (byte === 0) {
      offset++; // padding
      continue;
    }
    if (byte >> 4 === 15) return undefined; // RFC 8285, 4.2: 15 stops processing
    const length = (byte & 0x0f) + 1;
    if (offset + 1 + length > end) return undefined;
    if (byte >> 4 === id) return packet.subarray(offset + 1, offset + 1 + length);
    offset += 1 + length;
  }
  return undefined;
};

/** Writes the fixed header without extensions and answers its length. */
export const writeRtpHeader = (
  out: Buffer,
  marker: boolean,
  payloadType: number,
  sequence: number,
  timestamp: number,
  ssrc: number,
): number => {
  out[0] = 0x80;
  out[1] = (marker ? 0x80 : 0) | payloadType;
  out[2] = sequence >> 8;
  out[3] = sequence;
  out[4] = timestamp >>> 24;
  out[5] = timestamp >>> 16;
  out[6] = timestamp >>> 8;
  out[7] = timestamp;
  out[8] = ssrc >>> 24;
  out[9] = ssrc >>> 16;
  out[10] = ssrc >>> 8;
  out[11] = ssrc;
  return RTP_HEADER_BYTES;
};
