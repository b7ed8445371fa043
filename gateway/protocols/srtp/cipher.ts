import type { LaneKey } from './packet-lanes.ts';

/**
 * What a protection profile does to packets. Indices, roll-over counters and replay windows are
 * kept by `SrtpSender` and `SrtpReceiver`; a cipher only transforms.
 */
export interface SrtpCipher {
  /** Bytes that protecting an RTP packet adds. */
  readonly rtpOverhead: number;
  /** Bytes that protecting a compound RTCP packet adds. */
  readonly rtcpOverhead: number;

  /** What `signLanes` needs to write a packet's tag; undefined when `encryptRtp` does that. */
  readonly laneKey: LaneKey | undefined;

  /**
   * Encrypts an SRTP packet in a lane whose first `headerLength` bytes are the RTP header with
   * extensions; `payload` is left as it is, so that all viewers share it. Answers the whole length.
   */
  encryptRtp(
    lane: number,
    headerLength: number,
    payload: Uint8Array,
    ssrc: number,
    roc: number,
    sequence: number,
  ): number;

  /** Answers the payload of an SRTP packet, or undefined when it is not authentic. */
  unprotectRtp(
    packet: Buffer,
    headerLength: number,
    ssrc: number,
    roc: number,
    sequence: number,
  ): Buffer | undefined;

  /** Makes an SRTCP packet of a compound RTCP packet. `index` has 31 bits. */
  protectRtcp(packet: Buffer, ssrc: number, index: number): Buffer;

  /** Answers the compound RTCP packet and its index, or undefined when it is not authentic. */
  unprotectRtcp(packet: Buffer): { readonly index: number; readonly packet: Buffer } | undefined;
}
