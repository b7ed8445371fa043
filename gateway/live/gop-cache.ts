import type { DataPacket, MediaPacket, Packet } from '../../shared/media.ts';
import { PacketStore } from './packet-store.ts';

/** What the cache may hold; beyond it, joiners wait for the next key frame instead. */
export interface GopLimits {
  readonly frames: number;
  readonly bytes: number;
  /** µs from the key frame to the newest packet. */
  readonly duration: number;
}

/** Sound without picture needs no GOP; a joiner gets this much of it to start its decoder, µs. */
const AUDIO_ONLY_DURATION = 500_000;

/** The packets since the last key frame, so that a viewer who joins starts at once. */
export class GopCache {
  #store = new PacketStore();
  #bytes = 0;
  #hasVideo = false;
  /** The GOP was given up: nothing is kept until the next key frame. */
  #givenUp = false;
  #limits: () => GopLimits;

  constructor(limits: () => GopLimits) {
    this.#limits = limits;
  }

  /** The packets, oldest first, made for whoever asks. */
  get packets(): Packet[] {
    return this.#store.packets;
  }

  /** Decoding time of the oldest packet, µs; undefined when there is none. */
  get begin(): number | undefined {
    return this.#store.begin;
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
      this.#bytes -= this.#store.dropBefore(packet.dts - AUDIO_ONLY_DURATION);
    }
    if (this.#givenUp) return;
    this.#store.push(packet);
    this.#bytes += packet.body.length;
    const { frames, bytes, duration } = this.#limits();
    const long = packet.dts - this.#store.begin! > duration;
    if (this.#store.size > frames || this.#bytes > bytes || long) this.giveUp();
  }

  /** Forgets the packets; where there is video, nothing is kept until its next key frame. */
  giveUp(): void {
    const hadVideo = this.#hasVideo;
    this.clear();
    this.#hasVideo = hadVideo;
    this.#givenUp = hadVideo;
  }

  /** Forgets everything, video included: what comes next is a new beginning. */
  clear(): void {
    this.#store.clear();
    this.#bytes = 0;
    this.#hasVideo = false;
    this.#givenUp = false;
  }
}
