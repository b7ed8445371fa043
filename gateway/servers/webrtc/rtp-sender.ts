import type { ExtensionIds } from '../../protocols/rtp/extensions.ts';
import { writeExtensions } from '../../protocols/rtp/extensions.ts';
import { writeRtpHeader } from '../../protocols/rtp/header.ts';
import { writeSenderReport } from '../../protocols/rtp/rtcp-writer.ts';
import { unwrap } from '../../protocols/rtp/sequence.ts';
import type { SrtpSender } from '../../protocols/srtp/session.ts';
import { MAX_SOUND_BYTES } from './frame.ts';
import { outbox } from './outbox.ts';
import { PacketHistory } from './packet-history.ts';
import type { Path } from './path.ts';
import type { SentPackets } from './sent-packets.ts';

/** What a viewer's answer settled for one media section. */
export interface RtpParameters {
  readonly payloadType: number;
  readonly ssrc: number;
  /** Retransmission stream (RFC 4588); undefined: packets are repeated as they were. */
  readonly rtx: { readonly payloadType: number; readonly ssrc: number } | undefined;
  readonly extensions: ExtensionIds;
  readonly cname: string;
}

/** The transport that all senders of a viewer share. */
export interface RtpTransport {
  readonly srtp: SrtpSender;
  /** Whose path counts at the time. */
  readonly peer: { readonly mediaPath: Path | undefined };
  readonly sent: SentPackets;
}

const rtxPayload = Buffer.alloc(MAX_SOUND_BYTES + 2);

/** One outgoing RTP stream of one viewer: header, protection, retransmission, reports. */
export class RtpSender {
  readonly parameters: RtpParameters;
  readonly #transport: RtpTransport;
  readonly #history = new PacketHistory();
  /** The next packet's sequence number, not wrapped. Begins low, so that the roll-over counter is
   *  the same on both sides even when the first packets are lost. */
  #next: number;
  #nextRtx: number;
  #packets = 0;
  #bytes = 0;

  /** `firstSequence`: random, below 2^15 (RFC 3550, 5.1; RFC 3711, 3.3.1). */
  constructor(parameters: RtpParameters, transport: RtpTransport, firstSequence: number) {
    this.parameters = parameters;
    this.#transport = transport;
    this.#next = firstSequence;
    this.#nextRtx = firstSequence;
  }

  /** Packets sent, repetitions not counted. */
  get packets(): number {
    return this.#packets;
  }

  /** Sends one payload. `now`: monotonic ms. Answers the bytes that went out. */
  send(
    payload: Uint8Array,
    timestamp: number,
    marker: boolean,
    playoutMs: number,
    now: number,
  ): number {
    const index = this.#next++;
    const sequence = this.#transportSequence();
    this.#history.add(index, payload, timestamp, sequence, marker, playoutMs, now);
    this.#packets++;
    this.#bytes += payload.length;
    return this.#write(index, payload, timestamp, marker, sequence, playoutMs, now, now);
  }

  /**
   * Sends packets again that the viewer misses, with `isTwice` two times, where there is a
   * retransmission stream. Those that went out again less than `interval` ms ago are on their way.
   * Answers the bytes that went out.
   */
  resend(sequences: readonly number[], interval: number, now: number, isTwice: boolean): number {
    let bytes = 0;
    for (const sequence of sequences) {
      const index = unwrap(sequence, this.#next, 16);
      const slot = this.#history.find(index);
      if (slot < 0 || !this.#history.mayResend(slot, now, interval)) continue;
      if (this.parameters.rtx === undefined) {
        bytes += this.#repeat(index, slot, now);
        continue;
      }
      bytes += this.#sendRtx(index, slot, now);
      if (isTwice) bytes += this.#sendRtx(index, slot, now);
    }
    return bytes;
  }

  /**
   * Sends the newest packet a second time, over the retransmission stream, before anybody misses
   * it: where a packet in fifty is lost, waiting a round trip for each would show.
   */
  sendTwice(now: number): number {
    const index = this.#next - 1;
    const slot = this.#history.find(index);
    if (this.parameters.rtx === undefined || slot < 0) return 0;
    this.#history.mayResend(slot, now, 0);
    return this.#sendRtx(index, slot, now);
  }

  /** A report that ties `rtpTime` to the wall clock `unixMs`. */
  report(unixMs: number, rtpTime: number): Buffer {
    return writeSenderReport({
      ssrc: this.parameters.ssrc,
      unixMs,
      rtpTime,
      packets: this.#packets,
      bytes: this.#bytes,
      cname: this.parameters.cname,
    });
  }

  #transportSequence(): number {
    return this.parameters.extensions.transportCc === 0 ? -1 : this.#transport.sent.next();
  }

  /** RFC 4588, 4: the original sequence number goes before the payload. */
  #sendRtx(original: number, slot: number, now: number): number {
    const rtx = this.parameters.rtx!;
    const payload = this.#history.payload(slot);
    rtxPayload.writeUInt16BE(original % 0x10000, 0);
    rtxPayload.set(payload, 2);
    const index = this.#nextRtx++;
    const { packet } = outbox;
    writeRtpHeader(
      packet,
      this.#history.marker(slot),
      rtx.payloadType,
      index % 0x10000,
      this.#history.timestamp(slot),
      rtx.ssrc,
    );
    const { extensions } = this.parameters;
    const sequence = this.#transportSequence();
    const header = writeExtensions(packet, extensions, sequence, now, -1);
    return this.#protect(
      header,
      rtxPayload.subarray(0, payload.length + 2),
      rtx.ssrc,
      index,
      sequence,
      now,
    );
  }

  /** The very same packet: encrypting another one under the same index would give the key away. */
  #repeat(index: number, slot: number, now: number): number {
    const history = this.#history;
    return this.#write(
      index,
      history.payload(slot),
      history.timestamp(slot),
      history.marker(slot),
      history.transportSequence(slot),
      history.playoutMs(slot),
      history.sentAt(slot),
      now,
    );
  }

  /** `stamp`: the time that the absolute send time extension tells. */
  #write(
    index: number,
    payload: Uint8Array,
    timestamp: number,
    marker: boolean,
    transportSequence: number,
    playoutMs: number,
    stamp: number,
    now: number,
  ): number {
    const { payloadType, ssrc, extensions } = this.parameters;
    const { packet } = outbox;
    writeRtpHeader(packet, marker, payloadType, index % 0x10000, timestamp, ssrc);
    const header = writeExtensions(packet, extensions, transportSequence, stamp, playoutMs);
    return this.#protect(header, payload, ssrc, index, transportSequence, now);
  }

  #protect(
    header: number,
    payload: Uint8Array,
    ssrc: number,
    index: number,
    transportSequence: number,
    now: number,
  ): number {
    const { srtp, peer, sent } = this.#transport;
    const length = srtp.encryptRtp(outbox.lane, header, payload, ssrc, index);
    if (transportSequence >= 0) sent.note(transportSequence, length, now);
    outbox.send(length, srtp.laneKey, peer.mediaPath);
    return length;
  }
}
