import type { AudioCodec, MediaPacket, VideoCodec } from '../../shared/media.ts';

/** One elementary stream of a live stream: what it is and how to set a decoder up for it. */
export interface Track {
  readonly kind: 'video' | 'audio';
  /** Its number within its kind; 0 is the default. */
  readonly number: number;
  readonly codec: VideoCodec | AudioCodec;
  /** The newest configuration packet; undefined where the codec needs none (MP3) or none came yet. */
  readonly config: MediaPacket | undefined;
}

/** A number that tells the tracks of a stream apart (kind and number in one). */
export function trackKey(kind: 'video' | 'audio', number: number): number {
  return number * 2 + (kind === 'video' ? 1 : 0);
}

/** The track list of a stream, kept up to date packet by packet. */
export class TrackList {
  #tracks = new Map<number, Track>();

  get all(): Track[] {
    return [...this.#tracks.values()];
  }

  /** The configuration packets that a new decoder needs, video first. */
  get configs(): MediaPacket[] {
    const configs = this.all.flatMap(({ config }) => config ?? []);
    return configs.sort((a, b) => Number(b.kind === 'video') - Number(a.kind === 'video'));
  }

  has(kind: 'video' | 'audio'): boolean {
    for (const track of this.#tracks.values()) if (track.kind === kind) return true;
    return false;
  }

  /** Takes note of a packet; true when it sets a known track up anew: what came before cannot go on. */
  note(packet: MediaPacket): boolean {
    const { kind, track: number, codec, role } = packet;
    const key = trackKey(kind, number);
    const known = this.#tracks.get(key);
    const config = role === 'config' ? packet : undefined;
    if (known?.codec === codec && (!config || sameBytes(known.config?.payload, config.payload))) {
      return false;
    }
    this.#tracks.set(key, { kind, number, codec, config });
    return known !== undefined;
  }

  clear(): void {
    this.#tracks.clear();
  }
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}
