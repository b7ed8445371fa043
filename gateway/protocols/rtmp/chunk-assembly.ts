import type { ChunkStream } from './chunk-stream.ts';
import { RtmpError } from './errors.ts';

/**
 * Memory that a connection's unfinished messages may take beyond what has arrived of them. Within
 * it a message gets its whole length at once and is copied only once; beyond it memory doubles as
 * bytes arrive. So what a header claims costs next to nothing.
 */
const ADVANCE_BYTES = 256 * 1024;
const FIRST_BLOCK_BYTES = 4096;

/** Puts messages together that come in pieces, within a bound for all of a connection's. */
export class ChunkAssembly {
  readonly #maxBytes: number;
  /** Memory taken for unfinished messages, and how much of it has been filled. */
  #held = 0;
  #filled = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Memory held, in bytes. */
  get bytes(): number {
    return this.#held;
  }

  /**
   * Copies `count` bytes to the end of the stream's message. Throws `RtmpError` when the memory for
   * them would be beyond the bound.
   */
  append(stream: ChunkStream, data: Buffer, at: number, count: number): void {
    const received = stream.received + count;
    if (received > stream.buffer.length) this.#grow(stream, received);
    data.copy(stream.buffer, stream.received, at, at + count);
    stream.received = received;
    this.#filled += count;
  }

  /** Lets go of the stream's message and answers the memory it is in. */
  release(stream: ChunkStream): Buffer {
    const { buffer } = stream;
    this.#held -= buffer.length;
    this.#filled -= stream.received;
    stream.clear();
    return buffer;
  }

  /** Makes room for at least `needed` bytes of the stream's message. */
  #grow(stream: ChunkStream, needed: number): void {
    const had = stream.buffer.length;
    const inAdvance = this.#held - this.#filled;
    const toCome = stream.length - stream.received;
    const size =
      inAdvance + toCome <= ADVANCE_BYTES
        ? stream.length
        : Math.min(stream.length, Math.max(FIRST_BLOCK_BYTES, needed, had * 2));
    const held = this.#held - had + size;
    if (held > this.#maxBytes) {
      throw new RtmpError(
        'RTMP_ASSEMBLY_TOO_LARGE',
        `Unfinished messages would take ${held} bytes; at most ${this.#maxBytes} are held.`,
      );
    }
    const larger = Buffer.allocUnsafe(size);
    stream.buffer.copy(larger, 0, 0, stream.received);
    stream.buffer = larger;
    this.#held = held;
  }
}
