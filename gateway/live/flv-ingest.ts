import { parseAudioTag } from '../../shared/flv/audio-tag.ts';
import { FlvError } from '../../shared/flv/flv-error.ts';
import { parseVideoTag } from '../../shared/flv/video-tag.ts';
import type { AudioPacket, DataPacket, PacketRole, VideoPacket } from '../../shared/media.ts';
import type { Publication } from './publication.ts';
import { trackKey } from './track.ts';

const EMPTY = new Uint8Array(0);

/**
 * Turns RTMP messages (or FLV tags: their bodies are the same) into packets of a stream.
 *
 * A malformed message throws its FlvError, for the session to end with; what is merely unknown to
 * us is told once and left out.
 */
export class FlvIngest {
  #publication: Publication;
  #onUnsupported: (error: FlvError) => void;
  #told = new Set<string>();

  constructor(publication: Publication, onUnsupported: (error: FlvError) => void) {
    this.#publication = publication;
    this.#onUnsupported = onUnsupported;
  }

  /** @param timestamp RTMP time, unsigned 32-bit ms */
  video(timestamp: number, body: Uint8Array): void {
    const { timeline } = this.#publication.stream;
    let rest = body;
    for (const tag of this.#known(() => parseVideoTag(body))) {
      const dts = timeline.map(timestamp, trackKey('video', tag.track));
      if (tag.kind !== 'frame' && tag.kind !== 'config') {
        this.#note('video', tag.kind, dts, rest);
      } else {
        this.#publication.push({
          kind: 'video',
          codec: tag.codec,
          track: tag.track,
          role: roleOf(tag),
          dts,
          pts: Math.max(0, dts + tag.compositionTime),
          payload: tag.payload,
          body: rest,
        } satisfies VideoPacket);
      }
      rest = EMPTY;
    }
  }

  /** @param timestamp RTMP time, unsigned 32-bit ms */
  audio(timestamp: number, body: Uint8Array): void {
    const { timeline } = this.#publication.stream;
    let rest = body;
    for (const tag of this.#known(() => parseAudioTag(body))) {
      const dts = timeline.map(timestamp, trackKey('audio', tag.track));
      if (tag.kind !== 'frame' && tag.kind !== 'config') {
        this.#note('audio', tag.kind, dts, rest);
      } else {
        this.#publication.push({
          kind: 'audio',
          codec: tag.codec,
          track: tag.track,
          role: tag.kind === 'config' ? 'config' : 'key',
          dts,
          pts: dts + tag.timeOffset,
          payload: tag.payload,
          body: rest,
        } satisfies AudioPacket);
      }
      rest = EMPTY;
    }
  }

  /**
   * @param name the message's name, `@setDataFrame` already taken off
   * @param body the AMF0 values, the name among them
   */
  data(timestamp: number, name: string, body: Uint8Array): void {
    const dts = this.#publication.stream.timeline.mapData(timestamp);
    this.#publication.push({ kind: 'data', carrier: 'data', name, dts, pts: dts, body });
  }

  #note(carrier: DataPacket['carrier'], name: string, dts: number, body: Uint8Array): void {
    this.#publication.push({ kind: 'data', carrier, name, dts, pts: dts, body });
  }

  #known<T>(parse: () => T[]): T[] {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof FlvError) || error.code !== 'FLV_UNSUPPORTED') throw error;
      if (!this.#told.has(error.message)) {
        if (this.#told.size < 16) this.#told.add(error.message);
        this.#onUnsupported(error);
      }
      return [];
    }
  }
}

function roleOf(tag: { kind: string; key: boolean; disposable: boolean }): PacketRole {
  if (tag.kind === 'config') return 'config';
  if (tag.key) return 'key';
  return tag.disposable ? 'disposable' : 'delta';
}
