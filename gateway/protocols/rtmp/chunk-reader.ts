/**
 * The receiving end of the RTMP chunk stream, RTMP 1.0 section 5.3: bytes in, whole messages out.
 *
 * This is where every byte of every publisher passes, so nothing is allocated for a chunk, and a
 * message that came whole in one chunk and one read is a view of that read.
 */
import { ChunkAssembly } from './chunk-assembly.ts';
import {
  DEFAULT_CHUNK_SIZE,
  EXTENDED_TIMESTAMP,
  MAX_HEADER_BYTES,
  messageHeaderBytes,
} from './chunk-header.ts';
import { ChunkStream, repeatsTimestamp } from './chunk-stream.ts';
import { parseControl } from './control.ts';
import type { ControlMessage } from './control.ts';
import { RtmpError } from './errors.ts';
import { MessageType } from './message.ts';
import type { RtmpMessage } from './message.ts';

/** Bounds of what a peer may make us hold. */
export interface ChunkLimits {
  /** Longest message, in bytes. */
  maxMessageBytes: number;
  /** Chunk streams in all; an encoder uses up to 6, a Flash player some for each of its streams. */
  maxChunkStreams: number;
  /** Memory for unfinished messages, in bytes, all chunk streams together. */
  maxAssemblyBytes: number;
}

export const defaultChunkLimits: ChunkLimits = {
  maxMessageBytes: 8 * 1024 * 1024,
  maxChunkStreams: 256,
  maxAssemblyBytes: 16 * 1024 * 1024,
};

const MAX_CHUNK_SIZE = 0x7fffffff;

export class ChunkReader {
  readonly #limits: ChunkLimits;
  readonly #low: (ChunkStream | undefined)[] = new Array<ChunkStream | undefined>(64).fill(
    undefined,
  );
  readonly #high = new Map<number, ChunkStream>();
  #streams = 0;

  #chunkSize = DEFAULT_CHUNK_SIZE;
  #bytesRead = 0;

  /** The chunk whose payload is being read, and how much of it is to come. */
  #current: ChunkStream | undefined;
  #chunkLeft = 0;

  /** The beginning of a header that the read cut. */
  readonly #head = Buffer.allocUnsafeSlow(MAX_HEADER_BYTES);
  #headLength = 0;

  readonly #assembly: ChunkAssembly;

  constructor(limits: Partial<ChunkLimits> = {}) {
    this.#limits = { ...defaultChunkLimits, ...limits };
    this.#assembly = new ChunkAssembly(this.#limits.maxAssemblyBytes);
  }

  /** All bytes pushed so far, which is what acknowledgements count. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** The peer's chunk size. */
  get chunkSize(): number {
    return this.#chunkSize;
  }

  /** Memory held for unfinished messages, in bytes. */
  get assemblyBytes(): number {
    return this.#assembly.bytes;
  }

  /**
   * Takes the next bytes of the connection, split anywhere, and calls `onMessage` for each message
   * that they complete. Set Chunk Size and Abort are obeyed here and not passed on.
   *
   * A payload may be a view of `data`, which must therefore not be reused while anybody holds the
   * payload. Throws `RtmpError` when the peer is out of step or beyond the limits, and what
   * `onMessage` throws; the reader is of no use after that.
   */
  push(data: Buffer, onMessage: (message: RtmpMessage) => void): void {
    this.#bytesRead += data.length;
    let at = 0;
    while (this.#headLength > 0 && at < data.length) at = this.#resumeHeader(data, at, onMessage);
    if (at < data.length) this.#consume(data, at, onMessage);
  }

  /** Reads chunks up to the end of `data`. */
  #consume(data: Buffer, start: number, onMessage: (message: RtmpMessage) => void): void {
    let at = start;
    for (;;) {
      let stream = this.#current;
      if (stream === undefined) {
        if (at === data.length) return;
        const size = this.#readHeader(data, at, data.length);
        if (size === 0) {
          this.#headLength = data.copy(this.#head, 0, at);
          return;
        }
        at += size;
        stream = this.#current!;
      }
      at = this.#readPayload(stream, data, at, onMessage);
      if (this.#chunkLeft > 0) return;
    }
  }

  /** Goes on with a header that the last read cut; answers how far into `data` it got. */
  #resumeHeader(data: Buffer, at: number, onMessage: (message: RtmpMessage) => void): number {
    const before = this.#headLength;
    const taken = data.copy(this.#head, before, at, at + MAX_HEADER_BYTES - before);
    const size = this.#readHeader(this.#head, 0, before + taken);
    if (size === 0) {
      this.#headLength = before + taken;
      return at + taken;
    }
    this.#headLength = 0;
    if (size < before) {
      // What looked like an extended timestamp was the message going on.
      this.#consume(Buffer.from(this.#head.subarray(size, before)), 0, onMessage);
      return at;
    }
    const next = at + size - before;
    // A chunk without payload ends here, maybe at the very end of the read.
    if (this.#chunkLeft === 0) this.#readPayload(this.#current!, data, next, onMessage);
    return next;
  }

  /**
   * Reads the header at `at` and makes its chunk the current one. Answers the header's length, or 0,
   * with nothing changed, when it does not end before `end`.
   */
  #readHeader(data: Buffer, at: number, end: number): number {
    const first = data[at]!;
    const format = first >> 6;
    let id = first & 63;
    let size = 1;
    if (id === 0) {
      if (end - at < 2) return 0;
      id = 64 + data[at + 1]!;
      size = 2;
    } else if (id === 1) {
      if (end - at < 3) return 0;
      id = 64 + data[at + 1]! + (data[at + 2]! << 8);
      size = 3;
    }
    const known = id < 64 ? this.#low[id] : this.#high.get(id);
    if (format === 3) return this.#readType3(known, id, data, at, end, size);

    const field = at + size;
    size += messageHeaderBytes[format]!;
    if (end - at < size) return 0;
    const time = (data[field]! << 16) | (data[field + 1]! << 8) | data[field + 2]!;
    let extended = -1;
    if (time === EXTENDED_TIMESTAMP) {
      if (end - at < size + 4) return 0;
      extended = data.readUInt32BE(at + size);
      size += 4;
    }

    const stream = known ?? this.#open(id, format);
    if (stream.partial) {
      throw new RtmpError(
        'RTMP_CHUNK_HEADER',
        `A type ${format} header on chunk stream ${id} inside a message of which ${stream.received} of ${stream.length} bytes have come; expected type 3.`,
      );
    }
    if (format < 2) {
      const length = (data[field + 3]! << 16) | (data[field + 4]! << 8) | data[field + 5]!;
      if (length > this.#limits.maxMessageBytes) {
        throw new RtmpError(
          'RTMP_MESSAGE_TOO_LARGE',
          `A message of ${length} bytes on chunk stream ${id}; at most ${this.#limits.maxMessageBytes} are taken.`,
        );
      }
      stream.length = length;
      stream.type = data[field + 6]!;
      if (format === 0) stream.streamId = data.readUInt32LE(field + 7);
    }
    stream.extended = extended;
    stream.delta = extended === -1 ? time : extended;
    stream.absolute = format === 0;
    stream.timestamp = format === 0 ? stream.delta : (stream.timestamp + stream.delta) >>> 0;
    this.#begin(stream);
    return size;
  }

  /** A type 3 header: the next chunk of a message, or a message like the one before. */
  #readType3(
    stream: ChunkStream | undefined,
    id: number,
    data: Buffer,
    at: number,
    end: number,
    basic: number,
  ): number {
    if (stream === undefined) {
      throw new RtmpError(
        'RTMP_CHUNK_HEADER',
        `A type 3 header on chunk stream ${id}, which has had no message; expected type 0.`,
      );
    }
    let size = basic;
    if (stream.partial) {
      if (stream.extended !== -1) {
        const repeated = repeatsTimestamp(stream, data, at + basic, end);
        if (repeated === 'cut') return 0;
        if (repeated === 'yes') size += 4;
      }
      this.#current = stream;
      this.#chunkLeft = Math.min(this.#chunkSize, stream.length - stream.received);
      return size;
    }
    // Section 5.3.1.2.4: after a type 0 chunk the delta is that chunk's timestamp.
    let timestamp = (stream.timestamp + stream.delta) >>> 0;
    if (stream.extended !== -1) {
      size += 4;
      if (end - at < size) return 0;
      const value = data.readUInt32BE(at + basic);
      if (value !== stream.extended) {
        // Not the repetition that the standard means, but a new time or delta.
        timestamp = stream.absolute ? value : (stream.timestamp + value) >>> 0;
        stream.extended = value;
        stream.delta = stream.absolute ? 0 : value;
      }
    }
    stream.timestamp = timestamp;
    this.#begin(stream);
    return size;
  }

  #begin(stream: ChunkStream): void {
    stream.partial = true;
    stream.received = 0;
    this.#current = stream;
    this.#chunkLeft = stream.length < this.#chunkSize ? stream.length : this.#chunkSize;
  }

  /** A chunk stream that was not there before; librtmp opens one with type 1. */
  #open(id: number, format: number): ChunkStream {
    if (format > 1) {
      throw new RtmpError(
        'RTMP_CHUNK_HEADER',
        `A type ${format} header on chunk stream ${id}, which has had no message; expected type 0.`,
      );
    }
    if (this.#streams >= this.#limits.maxChunkStreams) {
      throw new RtmpError(
        'RTMP_CHUNK_STREAMS',
        `Chunk stream ${id} would be one more than the ${this.#limits.maxChunkStreams} that are taken.`,
      );
    }
    this.#streams += 1;
    const stream = new ChunkStream(id);
    if (id < 64) this.#low[id] = stream;
    else this.#high.set(id, stream);
    return stream;
  }

  /** Takes what `data` has of the current chunk from `at` on; answers where it stopped. */
  #readPayload(
    stream: ChunkStream,
    data: Buffer,
    at: number,
    onMessage: (message: RtmpMessage) => void,
  ): number {
    const left = this.#chunkLeft;
    const available = data.length - at;
    if (left === stream.length && left <= available) {
      this.#current = undefined;
      this.#chunkLeft = 0;
      stream.partial = false;
      this.#deliver(stream, data.subarray(at, at + left), onMessage);
      return at + left;
    }
    const count = left < available ? left : available;
    if (count > 0) this.#assembly.append(stream, data, at, count);
    this.#chunkLeft = left - count;
    if (left > count) return at + count;
    this.#current = undefined;
    if (stream.received === stream.length) {
      this.#deliver(stream, this.#assembly.release(stream), onMessage);
    }
    return at + count;
  }

  #deliver(stream: ChunkStream, payload: Buffer, onMessage: (message: RtmpMessage) => void): void {
    const { type } = stream;
    if (type === MessageType.setChunkSize || type === MessageType.abort) {
      this.#obey(parseControl({ type, payload }));
      return;
    }
    onMessage({
      type,
      streamId: stream.streamId,
      timestamp: stream.timestamp,
      chunkStreamId: stream.id,
      payload,
    });
  }

  /** Sections 5.4.1 and 5.4.2. */
  #obey(control: ControlMessage): void {
    if (control.kind === 'setChunkSize') {
      if (control.size < 1 || control.size > MAX_CHUNK_SIZE) {
        throw new RtmpError(
          'RTMP_CHUNK_SIZE',
          `Set Chunk Size says ${control.size}; expected 1 to ${MAX_CHUNK_SIZE}.`,
        );
      }
      this.#chunkSize = control.size;
    } else if (control.kind === 'abort') {
      const id = control.chunkStreamId;
      const stream = id < 64 ? this.#low[id] : this.#high.get(id);
      if (stream !== undefined) this.#assembly.release(stream);
    }
  }
}
