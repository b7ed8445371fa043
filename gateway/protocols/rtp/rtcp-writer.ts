/**
 * The RTCP packets that this server sends.
 */
import { rtcpTypes } from './rtcp-reader.ts';

const header = (count: number, type: number, bytes: number): Buffer => {
  const packet = Buffer.alloc(bytes);
  packet[0] = 0x80 | count;
  packet[1] = type;
  packet.writeUInt16BE(bytes / 4 - 1, 2);
  return packet;
};

/** Seconds from 1900 (NTP) to 1970 (RFC 5905). */
const NTP_OFFSET_SECONDS = 2208988800;

/** Wall clock, ms since 1970, as NTP seconds and fraction in 1/2^32 s. */
export const toNtp = (unixMs: number): { readonly seconds: number; readonly fraction: number } => {
  const seconds = Math.floor(unixMs / 1000);
  const fraction = Math.floor(((unixMs - seconds * 1000) / 1000) * 2 ** 32);
  return { seconds: (seconds + NTP_OFFSET_SECONDS) >>> 0, fraction };
};

/** The middle 32 bits of an NTP time, by which receivers name a sender report. */
export const compactNtp = (ntp: { readonly seconds: number; readonly fraction: number }): number =>
  (((ntp.seconds & 0xffff) << 16) | Math.floor(ntp.fraction / 0x10000)) >>> 0;

export interface SenderReport {
  readonly ssrc: number;
  /** Wall clock that belongs to `rtpTime`, ms since 1970. */
  readonly unixMs: number;
  readonly rtpTime: number;
  readonly packets: number;
  readonly bytes: number;
  readonly cname: string;
}

/** A sender report with the source description that must go along (RFC 3550, 6.4.1 and 6.5). */
export const writeSenderReport = (report: SenderReport): Buffer => {
  const packet = header(0, rtcpTypes.senderReport, 28);
  const ntp = toNtp(report.unixMs);
  packet.writeUInt32BE(report.ssrc, 4);
  packet.writeUInt32BE(ntp.seconds, 8);
  packet.writeUInt32BE(ntp.fraction, 12);
  packet.writeUInt32BE(report.rtpTime >>> 0, 16);
  packet.writeUInt32BE(report.packets >>> 0, 20);
  packet.writeUInt32BE(report.bytes >>> 0, 24);
  return Buffer.concat([packet, writeSourceDescription(report.ssrc, report.cname)]);
};

/** SDES with the one item that is required: CNAME. */
const writeSourceDescription = (ssrc: number, cname: string): Buffer => {
  const name = Buffer.from(cname).subarray(0, 255);
  // Items end with at least one zero byte and are padded to whole words.
  const bytes = 8 + ((2 + name.length + 4) & ~3);
  const packet = header(1, rtcpTypes.sourceDescription, bytes);
  packet.writeUInt32BE(ssrc, 4);
  packet[8] = 1;
  packet[9] = name.length;
  name.copy(packet, 10);
  return packet;
};

/** What a receiver knows of one source (RFC 3550, 6.4.1). */
export interface ReceptionReport {
  readonly ssrc: number;
  /** 0 to 1. */
  readonly fractionLost: number;
  readonly packetsLost: number;
  /** Extended highest sequence number. */
  readonly highestSequence: number;
  /** In time stamp units. */
  readonly jitter: number;
  readonly lastReport: number;
  readonly delaySinceLastReport: number;
}

/** A receiver report; also the head that a compound with feedback needs. */
export const writeReceiverReport = (ssrc: number, reports: readonly ReceptionReport[]): Buffer => {
  const packet = header(reports.length, rtcpTypes.receiverReport, 8 + reports.length * 24);
  packet.writeUInt32BE(ssrc, 4);
  for (const [index, report] of reports.entries()) {
    const at = 8 + index * 24;
    packet.writeUInt32BE(report.ssrc, at);
    packet.writeUInt32BE(Math.min(0x7fffff, Math.max(0, report.packetsLost)), at + 4);
    packet[at + 4] = Math.min(255, Math.floor(report.fractionLost * 256));
    packet.writeUInt32BE(report.highestSequence >>> 0, at + 8);
    packet.writeUInt32BE(Math.floor(report.jitter) >>> 0, at + 12);
    packet.writeUInt32BE(report.lastReport, at + 16);
    packet.writeUInt32BE(report.delaySinceLastReport >>> 0, at + 20);
  }
  return packet;
};

/** Asks for a key frame (RFC 4585, 6.3.1). */
export const writePli = (ssrc: number, mediaSsrc: number): Buffer => {
  const packet = header(1, rtcpTypes.payloadFeedback, 12);
  packet.writeUInt32BE(ssrc, 4);
  packet.writeUInt32BE(mediaSsrc, 8);
  return packet;
};

/** Names missing packets (RFC 4585, 6.2.1). `sequences` ascend modulo 2^16 and are not empty. */
export const writeNack = (
  ssrc: number,
  mediaSsrc: number,
  sequences: readonly number[],
): Buffer => {
  const entries: { first: number; mask: number }[] = [];
  for (const sequence of sequences) {
    const last = entries.at(-1);
    const distance = last === undefined ? Infinity : (sequence - last.first) & 0xffff;
    if (last !== undefined && distance >= 1 && distance <= 16) last.mask |= 1 << (distance - 1);
    else entries.push({ first: sequence, mask: 0 });
  }
  const packet = header(1, rtcpTypes.transportFeedback, 12 + entries.length * 4);
  packet.writeUInt32BE(ssrc, 4);
  packet.writeUInt32BE(mediaSsrc, 8);
  for (const [index, { first, mask }] of entries.entries()) {
    packet.writeUInt16BE(first, 12 + index * 4);
    packet.writeUInt16BE(mask, 14 + index * 4);
  }
  return packet;
};

/** Says that a source has ended (RFC 3550, 6.6). */
export const writeBye = (ssrc: number): Buffer => {
  const packet = header(1, rtcpTypes.bye, 8);
  packet.writeUInt32BE(ssrc, 4);
  return packet;
};
