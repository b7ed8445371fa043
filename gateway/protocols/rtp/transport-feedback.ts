/**
 * Transport-wide congestion feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1):
 * which packets arrived, and when.
 *
 *    |      base sequence number     |      packet status count      |
 *    |                 reference time (64 ms)        | fb pkt. count |
 *    |          packet chunk         |  packet chunk … | recv delta …
 */

/** A feedback covers what was sent within about 100 ms; thousands would be hostile. */
const MAX_STATUSES = 2048;
const REFERENCE_MS = 64;
const TICK_MS = 0.25;

export interface TransportFeedback {
  readonly baseSequence: number;
  /** For each packet from the base on: arrival in the receiver's ms, or undefined when missing. */
  readonly arrivals: readonly (number | undefined)[];
}

/** Reads a feedback packet (RTCP 205, format 15); `undefined` when it is malformed. */
export const readTransportFeedback = (packet: Buffer): TransportFeedback | undefined => {
  if (packet.length < 20) return undefined;
  const count = packet.readUInt16BE(14);
  if (count > MAX_STATUSES) return undefined;
  const symbols: number[] = [];
  let at = 20;
  while (symbols.length < count) {
    if (at + 2 > packet.length) return undefined;
    const chunk = packet.readUInt16BE(at);
    at += 2;
    if (chunk < 0x8000) {
      const symbol = (chunk >> 13) & 3;
      const run = Math.min(chunk & 0x1fff, count - symbols.length);
      if (run === 0) return undefined;
      for (let index = 0; index < run; index++) symbols.push(symbol);
    } else if ((chunk & 0x4000) === 0) {
      for (let bit = 13; bit >= 0 && symbols.length < count; bit--)
        symbols.push((chunk >> bit) & 1);
    } else {
      for (let bit = 12; bit >= 0 && symbols.length < count; bit -= 2) {
        symbols.push((chunk >> bit) & 3);
      }
    }
  }
  let time = packet.readIntBE(16, 3) * REFERENCE_MS;
  const arrivals: (number | undefined)[] = [];
  for (const symbol of symbols) {
    if (symbol === 1) {
      if (at + 1 > packet.length) return undefined;
      time += packet[at]! * TICK_MS;
      at += 1;
    } else if (symbol === 2) {
      if (at + 2 > packet.length) return undefined;
      time += packet.readInt16BE(at) * TICK_MS;
      at += 2;
    }
    arrivals.push(symbol === 1 || symbol === 2 ? time : undefined);
  }
  return { baseSequence: packet.readUInt16BE(12), arrivals };
};

/** The part of a feedback that fits one packet: deltas of 16 bits span 8 s. */
const MAX_DELTA_TICKS = 0x7fff;

/**
 * Writes a feedback packet. `arrivals` begins with the packet of `baseSequence` and is not empty;
 * its times are ms of any clock that does not go back.
 */
export const writeTransportFeedback = (
  ssrc: number,
  mediaSsrc: number,
  feedbackNumber: number,
  feedback: TransportFeedback,
): Buffer => {
  const { baseSequence, arrivals } = feedback;
  const first = arrivals.find((arrival) => arrival !== undefined) ?? 0;
  const reference = Math.floor(first / REFERENCE_MS);
  const symbols: number[] = [];
  const deltas: number[] = [];
  let time = Math.round((reference * REFERENCE_MS) / TICK_MS);
  for (const arrival of arrivals) {
    if (arrival === undefined) {
      symbols.push(0);
      continue;
    }
    const ticks = Math.round(arrival / TICK_MS);
    const delta = Math.max(-MAX_DELTA_TICKS, Math.min(MAX_DELTA_TICKS, ticks - time));
    time += delta;
    if (delta >= 0 && delta <= 255) {
      symbols.push(1);
      deltas.push(delta);
    } else {
      symbols.push(2);
      deltas.push((delta >> 8) & 0xff, delta & 0xff);
    }
  }
  const chunks: number[] = [];
  for (let at = 0; at < symbols.length; at += 7) {
    let chunk = 0xc000;
    for (let index = 0; index < 7; index++) chunk |= (symbols[at + index] ?? 0) << (12 - index * 2);
    chunks.push(chunk);
  }
  const bytes = 20 + chunks.length * 2 + deltas.length;
  const packet = Buffer.alloc((bytes + 3) & ~3);
  packet[0] = 0x80 | 15;
  packet[1] = 205;
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  packet.writeUInt32BE(ssrc, 4);
  packet.writeUInt32BE(mediaSsrc, 8);
  packet.writeUInt16BE(baseSequence, 12);
  packet.writeUInt16BE(symbols.length, 14);
  packet.writeUIntBE(reference & 0xffffff, 16, 3);
  packet[19] = feedbackNumber & 0xff;
  let at = 20;
  for (const chunk of chunks) at = packet.writeUInt16BE(chunk, at);
  for (const byte of deltas) packet[at++] = byte;
  return packet;
};
