import { readU24, readU32 } from '../bytes.ts';
import { FlvError } from './flv-error.ts';

export type FlvTagType = 'audio' | 'video' | 'data';

export interface FlvTag {
  readonly type: FlvTagType;
  /** ms, unsigned 32 bits: TimestampExtended is its high byte. */
  readonly timestamp: number;
  /** Shares memory with the pushed bytes where the tag came in one piece. */
  readonly body: Uint8Array;
}

export interface FlvDemuxerOptions {
  /** Largest tag body accepted, bytes. Default 8 MiB. */
  maxBodySize?: number;
}

const FILE_HEADER_SIZE = 9;
const PREVIOUS_TAG_SIZE = 4;
/** PreviousTagSize and the tag's own eleven bytes. */
const TAG_HEADER_SIZE = PREVIOUS_TAG_SIZE + 11;

/** DataOffset is 9 in version 1; a little room is left for what may have been added. */
const MAX_FILE_HEADER_SIZE = 1024;

/**
 * Cuts an FLV byte stream (file, HTTP, WebSocket) into tags, whatever pieces it comes in
 * (FLV 10.1 annex E.2 to E.4).
 *
 *     "FLV" version=1 flags DataOffset=9
 *     { PreviousTagSize UI32, Reserved UB[2] Filter UB[1] TagType UB[5], DataSize UI24,
 *       Timestamp UI24, TimestampExtended UI8, StreamID UI24, body } …
 *
 * PreviousTagSize is not looked at: it serves reading backwards, and some writers get it wrong. It
 * is counted to the tag after it, so that no tag waits for a writer that sends it late.
 */
export class FlvDemuxer {
  readonly #maxBodySize: number;
  /** What the bytes at the front of the stream are. */
  #expecting: 'file-header' | 'tag' = 'file-header';
  /** An incomplete unit (header or tag): `#filled` bytes of it are there. */
  #pending: Uint8Array | undefined;
  #filled = 0;
  #hasAudio = false;
  #hasVideo = false;

  constructor(options: FlvDemuxerOptions = {}) {
    this.#maxBodySize = options.maxBodySize ?? 8 * 1024 * 1024;
  }

  /** What the file header claims; both false until it was read. Often wrong in live streams. */
  get hasAudio(): boolean {
    return this.#hasAudio;
  }

  get hasVideo(): boolean {
    return this.#hasVideo;
  }

  /**
   * Takes the next bytes and returns the tags that are complete now. The bytes may not be changed
   * afterwards, as tags may share them.
   *
   * @throws FlvError `FLV_INVALID`, `FLV_UNSUPPORTED` (encrypted), `FLV_TOO_LARGE`. The demuxer is
   * of no use afterwards: where the next tag begins is not known.
   */
  push(bytes: Uint8Array): FlvTag[] {
    const tags: FlvTag[] = [];
    let at = 0;
    while (at < bytes.length || this.#pending) {
      let unit: Uint8Array;
      if (this.#pending) {
        const size = this.#unitSize(this.#pending, 0, this.#filled);
        this.#reserve(size);
        const take = Math.min(size - this.#filled, bytes.length - at);
        this.#pending.set(bytes.subarray(at, at + take), this.#filled);
        this.#filled += take;
        at += take;
        if (this.#filled < size) return tags;
        // A header alone tells the size of the whole: go round again when that is more.
        if (this.#unitSize(this.#pending, 0, this.#filled) > size) continue;
        unit = this.#pending.subarray(0, size);
        this.#pending = undefined;
        this.#filled = 0;
      } else {
        const size = this.#unitSize(bytes, at, bytes.length);
        if (bytes.length - at < size) {
          this.#pending = new Uint8Array(size);
          continue;
        }
        unit = bytes.subarray(at, at + size);
        at += size;
      }
      const tag = this.#read(unit);
      if (tag) tags.push(tag);
    }
    return tags;
  }

  /** Bytes of the unit at `at` as far as is known: of its header until that is there. */
  #unitSize(bytes: Uint8Array, at: number, end: number): number {
    if (this.#expecting === 'file-header') {
      if (end - at < FILE_HEADER_SIZE) return FILE_HEADER_SIZE;
      return fileHeaderSize(bytes, at);
    }
    if (end - at < TAG_HEADER_SIZE) return TAG_HEADER_SIZE;
    const bodySize = readU24(bytes, at + PREVIOUS_TAG_SIZE + 1);
    if (bodySize > this.#maxBodySize) {
      throw new FlvError(
        'FLV_TOO_LARGE',
        `An FLV tag declares ${bodySize} bytes; at most ${this.#maxBodySize} are accepted.`,
      );
    }
    return TAG_HEADER_SIZE + bodySize;
  }

  #reserve(size: number): void {
    if (!this.#pending || this.#pending.length >= size) return;
    const larger = new Uint8Array(size);
    larger.set(this.#pending.subarray(0, this.#filled));
    this.#pending = larger;
  }

  #read(unit: Uint8Array): FlvTag | undefined {
    if (this.#expecting === 'file-header') {
      this.#hasAudio = (unit[4]! & 4) !== 0;
      this.#hasVideo = (unit[4]! & 1) !== 0;
      this.#expecting = 'tag';
      return undefined;
    }
    return readTag(unit);
  }
}

function fileHeaderSize(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 0x46 || bytes[at + 1] !== 0x4c || bytes[at + 2] !== 0x56) {
    throw new FlvError('FLV_INVALID', 'The stream does not begin with "FLV".');
  }
  if (bytes[at + 3] !== 1) {
    throw new FlvError('FLV_INVALID', `The FLV version is ${bytes[at + 3]}; expected 1.`);
  }
  const size = readU32(bytes, at + 5);
  if (size < FILE_HEADER_SIZE || size > MAX_FILE_HEADER_SIZE) {
    throw new FlvError(
      'FLV_INVALID',
      `The FLV header declares ${size} bytes; expected ${FILE_HEADER_SIZE}.`,
    );
  }
  return size;
}

function readTag(unit: Uint8Array): FlvTag {
  const at = PREVIOUS_TAG_SIZE;
  const flags = unit[at]!;
  if (flags & 0x20) throw new FlvError('FLV_UNSUPPORTED', 'An FLV tag is encrypted.');
  return {
    type: tagType(flags & 0x1f),
    timestamp: (readU24(unit, at + 4) | (unit[at + 7]! << 24)) >>> 0,
    body: unit.subarray(TAG_HEADER_SIZE),
  };
}

function tagType(value: number): FlvTagType {
  switch (value) {
    case 8:
      return 'audio';
    case 9:
      return 'video';
    case 18:
      return 'data';
    default:
      throw new FlvError('FLV_INVALID', `The FLV tag type is ${value}; expected 8, 9 or 18.`);
  }
}
