/**
 * The two directions of an SRTP session: `SrtpSender` protects what we send, `SrtpReceiver` checks
 * and opens what comes in.
 */
import { AesCmCipher } from './aes-cm.ts';
import type { SrtpCipher } from './cipher.ts';
import { gcmCipher } from './gcm.ts';
import type { LaneKey } from './packet-lanes.ts';
import { MAX_LANE_PACKET_BYTES } from './packet-lanes.ts';
import type { MasterKey, SrtpProfile } from './keys.ts';
import { deriveSessionKeys } from './keys.ts';
import { ReplayWindow } from './replay-window.ts';

/** Streams of one peer for which receive state is kept; a publisher has four with RTX. */
const MAX_SOURCES = 16;

const cipherFor = (profile: SrtpProfile, master: MasterKey): SrtpCipher => {
  const rtp = deriveSessionKeys(profile, master, 'rtp');
  const rtcp = deriveSessionKeys(profile, master, 'rtcp');
  return profile === 'AEAD_AES_128_GCM' ? gcmCipher(rtp, rtcp) : new AesCmCipher(rtp, rtcp);
};

export class SrtpSender {
  readonly #cipher: SrtpCipher;
  #rtcpIndex = 0;

  constructor(profile: SrtpProfile, master: MasterKey) {
    this.#cipher = cipherFor(profile, master);
  }

  /** Bytes that protecting adds to an RTP packet. */
  get rtpOverhead(): number {
    return this.#cipher.rtpOverhead;
  }

  /** What `signLanes` needs to complete a packet; undefined when it is complete. */
  get laneKey(): LaneKey | undefined {
    return this.#cipher.laneKey;
  }

  /**
   * Encrypts an SRTP packet in a lane, behind the header that stands there; `index` is the packet's
   * unwrapped sequence number (48 bits). Answers the packet's length. Throws a RangeError when the
   * packet would be longer than `MAX_LANE_PACKET_BYTES`.
   */
  encryptRtp(
    lane: number,
    headerLength: number,
    payload: Uint8Array,
    ssrc: number,
    index: number,
  ): number {
    const length = headerLength + payload.length + this.#cipher.rtpOverhead;
    if (length > MAX_LANE_PACKET_BYTES) {
      throw new RangeError(`A packet of ${length} bytes is longer than a lane takes.`);
    }
    const roc = Math.floor(index / 0x10000);
    return this.#cipher.encryptRtp(lane, headerLength, payload, ssrc, roc, index % 0x10000);
  }

  /** Protects a compound RTCP packet. */
  protectRtcp(packet: Buffer): Buffer {
    this.#rtcpIndex = (this.#rtcpIndex + 1) & 0x7fffffff;
    return this.#cipher.protectRtcp(packet, packet.readUInt32BE(4), this.#rtcpIndex);
  }
}

/**
 * The index nearest to the highest one seen whose lower 16 bits are `sequence` (RFC 3711, 3.3.1
 * and appendix A). Before the first packet the roll-over counter is 0.
 */
export const guessIndex = (highest: number, sequence: number): number => {
  if (highest < 0) return sequence;
  const roc = Math.floor(highest / 0x10000);
  const last = highest % 0x10000;
  if (last < 0x8000)
    return sequence - last > 0x8000 && roc > 0
      ? (roc - 1) * 0x10000 + sequence
      : roc * 0x10000 + sequence;
  return last - 0x8000 > sequence ? (roc + 1) * 0x10000 + sequence : roc * 0x10000 + sequence;
};

export class SrtpReceiver {
  readonly #cipher: SrtpCipher;
  readonly #sources = new Map<number, ReplayWindow>();
  readonly #rtcpSources = new Map<number, ReplayWindow>();

  constructor(profile: SrtpProfile, master: MasterKey) {
    this.#cipher = cipherFor(profile, master);
  }

  /** Answers the payload of an RTP packet whose header has `headerLength` bytes; undefined when
   *  it is a repetition, too old or not authentic. */
  unprotectRtp(packet: Buffer, headerLength: number): Buffer | undefined {
    const ssrc = packet.readUInt32BE(8);
    const sequence = packet.readUInt16BE(2);
    const known = this.#sources.get(ssrc);
    if (known === undefined && this.#sources.size >= MAX_SOURCES) return undefined;
    const window = known ?? new ReplayWindow();
    const index = guessIndex(window.highest, sequence);
    if (!window.isFresh(index)) return undefined;
    const roc = Math.floor(index / 0x10000);
    const payload = this.#cipher.unprotectRtp(packet, headerLength, ssrc, roc, sequence);
    if (payload === undefined) return undefined;
    window.accept(index);
    if (known === undefined) this.#sources.set(ssrc, window);
    return payload;
  }

  /** Answers the compound RTCP packet within an SRTCP packet; undefined as above. */
  unprotectRtcp(packet: Buffer): Buffer | undefined {
    if (packet.length < 8 + this.#cipher.rtcpOverhead) return undefined;
    const ssrc = packet.readUInt32BE(4);
    const known = this.#rtcpSources.get(ssrc);
    if (known === undefined && this.#rtcpSources.size >= MAX_SOURCES) return undefined;
    const opened = this.#cipher.unprotectRtcp(packet);
    if (opened === undefined) return undefined;
    const window = known ?? new ReplayWindow(128);
    if (!window.isFresh(opened.index)) return undefined;
    window.accept(opened.index);
    if (known === undefined) this.#rtcpSources.set(ssrc, window);
    return opened.packet;
  }
}
