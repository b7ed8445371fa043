import type { DataPacket, MediaPacket, Packet } from '../../shared/media.ts';

/** What the cache may hold; beyond it, joiners wait for the next key frame instead. */
export interface GopLimits {
  readonly frames: number;
  readonly bytes: number;
  /** µs from the key frame to the newest packet. */
  readonly duration: number;
}

/** Sound without picture needs no GOP; a joiner gets this much of it to start its decoder, µs. */
const AUDIO_ONLY_DURATION = 500_000;

/**
 * The packets since the last key frame, so that a viewer who joins starts at once.
 * Packets are shared, never copied.
 */
export class GopCache {
  #packets: Packet[] = [];
  #bytes = 0;
  #hasVideo = false;
  /** The GOP outgrew its limits: nothing is kept until the next key frame. */
  #overflown = false;
  #limits: () => GopLimits;

  constructor(limits: () => GopLimits) {
    this.#limits = limits;
  }

  get packets(): readonly Packet[] {
    return this.#packets;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a media or data packet (no configuration: the stream keeps those). */
  push(packet: MediaPacket | DataPacket): void {
    if (packet.kind === 'video') {
      if (packet.role === 'key') {
        // Sound that came just before the very first picture belongs to it.
        if (this.#hasVideo) this.clear();
        this.#hasVideo = true;
      } else if (!this.#hasVideo) {
        return; // Nobody can decode it.
      }
    } else if (!this.#hasVideo) {
      this.#forget(packet.dts - AUDIO_ONLY_DURATION);
    }
    if (this.#overflown) return;
    this.#packets.push(packet);
    this.#bytes += packet.body.length;
    const first = this.#packets[0]!;
    const { frames, bytes, duration } = this.#limits();
    if (this.#packets.length > frames || this.#bytes > bytes || packet.dts - first.dts > duration) {
      const hadVideo = this.#hasVideo;
      this.clear();
      this.#hasVideo = hadVideo;
      this.#overflown = hadVideo;
    }
  }

  /** Forgets everything, video included: what comes next is a new beginning. */
  clear(): void {
    this.#packets = [];
    this.#bytes = 0;
    this.#hasVideo = false;
    this.#overflown = false;
  }

  #forget(before: number): void {
    let count = 0;
    for (const packet of this.#packets) {
      if (packet.dts >= before) break;
      this.#bytes -= packet.body.length;
      count++;
    }
    if (count > 0) this.#packets.splice(0, count);
  }
}
