/**
 * Compound RTCP packets (RFC 3550, 6; reduced-size ones too, RFC 5506): those that a WebRTC peer sends.
 *
 *    |V=2|P| RC/FMT  |      PT       |        length in words - 1    |
 */
import type { TransportFeedback } from './transport-feedback.ts';
import { readTransportFeedback } from './transport-feedback.ts';

export const rtcpTypes = {
  senderReport: 200,
  receiverReport: 201,
  sourceDescription: 202,
  bye: 203,
  transportFeedback: 205,
  payloadFeedback: 206,
} as const;

/** A report block (RFC 3550, 6.4.1). */
export interface ReportBlock {
  readonly ssrc: number;
  /** 0 to 1, since the report before. */
  readonly fractionLost: number;
  /** Middle 32 bits of the NTP time in the last sender report, and the delay since, in 1/65536 s. */
  readonly lastReport: number;
  readonly delaySinceLastReport: number;
}

export type RtcpMessage =
  | {
      readonly kind: 'sender-report';
      readonly ssrc: number;
      /** NTP time: seconds since 1900, and their fraction in 1/2^32. */
      readonly ntpSeconds: number;
      readonly ntpFraction: number;
      readonly rtpTime: number;
    }
  | { readonly kind: 'reports'; readonly blocks: readonly ReportBlock[] }
  | { readonly kind: 'bye' }
  /** Sequence numbers that are missed (RFC 4585, 6.2.1). */
  | { readonly kind: 'nack'; readonly ssrc: number; readonly sequences: readonly number[] }
  /** A key frame is wanted (RFC 4585, 6.3.1; RFC 5104, 4.3.1). */
  | { readonly kind: 'pli'; readonly ssrc: number }
  | { readonly kind: 'fir'; readonly ssrc: number; readonly number: number }
  /** Receiver's estimate, bit/s. */
  | { readonly kind: 'remb'; readonly bitrate: number }
  | { readonly kind: 'transport-feedback'; readonly feedback: TransportFeedback };

/** Lost packets named in one NACK; more are a broken or hostile peer. */
const MAX_NACKED = 512;

const readBlocks = (packet: Buffer, from: number, count: number): ReportBlock[] => {
  const blocks: ReportBlock[] = [];
  for (let at = from; blocks.length < count && at + 24 <= packet.length; at += 24) {
    blocks.push({
      ssrc: packet.readUInt32BE(at),
      fractionLost: packet[at + 4]! / 256,
      lastReport: packet.readUInt32BE(at + 16),
      delaySinceLastReport: packet.readUInt32BE(at + 20),
    });
  }
  return blocks;
};

const readNack = (packet: Buffer): RtcpMessage => {
  const sequences: number[] = [];
  for (let at = 12; at + 4 <= packet.length && sequences.length < MAX_NACKED; at += 4) {
    const first = packet.readUInt16BE(at);
    const mask = packet.readUInt16BE(at + 2);
    sequences.push(first);
    for (let bit = 0; bit < 16; bit++) {
      if ((mask & (1 << bit)) !== 0) sequences.push((first + bit + 1) & 0xffff);
    }
  }
  return { kind: 'nack', ssrc: packet.readUInt32BE(8), sequences };
};

/** draft-alvestrand-rmcat-remb-03, 2.2: "REMB", count, 6-bit exponent, 18-bit mantissa. */
const readRemb = (packet: Buffer): RtcpMessage | undefined => {
  if (packet.length < 20 || packet.toString('latin1', 12, 16) !== 'REMB') return undefined;
  const exponent = packet[17]! >> 2;
  const mantissa = ((packet[17]! & 3) << 16) | packet.readUInt16BE(18);
  return { kind: 'remb', bitrate: mantissa * 2 ** exponent };
};

const readFeedback = (packet: Buffer, type: number, format: number): RtcpMessage | undefined => {
  if (packet.length < 12) return undefined;
  const ssrc = packet.readUInt32BE(8);
  if (type === rtcpTypes.transportFeedback) {
    if (format === 1) return readNack(packet);
    if (format !== 15) return undefined;
    const feedback = readTransportFeedback(packet);
    return feedback && { kind: 'transport-feedback', feedback };
  }
  if (format === 1) return { kind: 'pli', ssrc };
  if (format === 4 && packet.length >= 20) {
    return { kind: 'fir', ssrc: packet.readUInt32BE(12), number: packet[16]! };
  }
  return format === 15 ? readRemb(packet) : undefined;
};

/** Reads one packet of a compound and hands out what is known in it. */
const readPacket = (packet: Buffer, onMessage: (message: RtcpMessage) => void): void => {
  const type = packet[1]!;
  const count = packet[0]! & 0x1f;
  switch (type) {
    case rtcpTypes.senderReport:
      if (packet.length < 28) return;
      onMessage({
        kind: 'sender-report',
        ssrc: packet.readUInt32BE(4),
        ntpSeconds: packet.readUInt32BE(8),
        ntpFraction: packet.readUInt32BE(12),
        rtpTime: packet.readUInt32BE(16),
      });
      if (count > 0) onMessage({ kind: 'reports', blocks: readBlocks(packet, 28, count) });
      return;
    case rtcpTypes.receiverReport:
      if (count > 0) onMessage({ kind: 'reports', blocks: readBlocks(packet, 8, count) });
      return;
    case rtcpTypes.bye:
      onMessage({ kind: 'bye' });
      return;
    case rtcpTypes.transportFeedback:
    case rtcpTypes.payloadFeedback: {
      const message = readFeedback(packet, type, count);
      if (message !== undefined) onMessage(message);
    }
  }
};

/** Walks a compound packet; stops silently where it is malformed. */
export const readRtcp = (compound: Buffer, onMessage: (message: RtcpMessage) => void): void => {
  let at = 0;
  while (at + 4 <= compound.length) {
    const end = at + 4 + compound.readUInt16BE(at + 2) * 4;
    if (compound[at]! >> 6 !== 2 || end > compound.length) return;
    if (end - at >= 8 || compound[at + 1] === rtcpTypes.bye) {
      readPacket(compound.subarray(at, end), onMessage);
    }
    at = end;
  }
};
