import { AmfError } from './errors.ts';

/** Bounds of what one message may make us hold. */
export interface AmfLimits {
  /** Nesting: a number in a list in a list is at depth 3. */
  maxDepth: number;
  /** Sum over all values, references followed: 16 for each value plus its text or bytes. */
  maxSize: number;
  /** Longest single string, in bytes. XMP data messages reach some 100 KB. */
  maxStringBytes: number;
}

export const defaultAmfLimits: AmfLimits = {
  maxDepth: 16,
  maxSize: 4 * 1024 * 1024,
  maxStringBytes: 1024 * 1024,
};

const VALUE_COST = 16;

/**
 * A cursor over AMF bytes, big-endian, that checks every read against the end and counts what the
 * values cost. AMF0 and AMF3 share one, because an AMF0 message may switch to AMF3 in its middle.
 */
export class AmfReader {
  readonly #data: Buffer;
  readonly #limits: AmfLimits;
  #offset: number;
  #depth = 0;
  #size = 0;

  constructor(data: Uint8Array, offset = 0, limits: AmfLimits = defaultAmfLimits) {
    this.#data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    this.#offset = offset;
    this.#limits = limits;
  }

  get offset(): number {
    return this.#offset;
  }

  /** Bytes left. */
  get remaining(): number {
    return Math.max(0, this.#data.length - this.#offset);
  }

  /** What has been read so far costs, in the unit of `maxSize`. */
  get size(): number {
    return this.#size;
  }

  /** The next byte without taking it; -1 at the end. */
  peek(): number {
    return this.#data[this.#offset] ?? -1;
  }

  u8(): number {
    return this.#data.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.#data.readUInt16BE(this.#take(2));
  }

  i16(): number {
    return this.#data.readInt16BE(this.#take(2));
  }

  i32(): number {
    return this.#data.readInt32BE(this.#take(4));
  }

  u32(): number {
    return this.#data.readUInt32BE(this.#take(4));
  }

  double(): number {
    return this.#data.readDoubleBE(this.#take(8));
  }

  /** UTF-8 of that many bytes; what is not UTF-8 becomes U+FFFD. */
  text(bytes: number): string {
    if (bytes > this.#limits.maxStringBytes) {
      throw new AmfError(
        'AMF_TOO_LARGE',
        `An AMF string of ${bytes} bytes; at most ${this.#limits.maxStringBytes} are read.`,
      );
    }
    const start = this.#take(bytes);
    this.spend(bytes);
    return this.#data.toString('utf8', start, start + bytes);
  }

  /** A copy of that many bytes. */
  bytes(count: number): Buffer {
    const start = this.#take(count);
    this.spend(count);
    return Buffer.from(this.#data.subarray(start, start + count));
  }

  /** Refuses a count of items of at least `bytesEach` that the rest of the data cannot hold. */
  expect(count: number, bytesEach: number): void {
    if (count * bytesEach > this.remaining) {
      throw new AmfError(
        'AMF_TRUNCATED',
        `AMF data announces ${count} items of at least ${bytesEach} bytes, but only ${this.remaining} bytes follow.`,
      );
    }
  }

  /** Counts one value and one level of nesting; every `enter` has its `leave`. */
  enter(): void {
    this.spend(VALUE_COST);
    this.#depth += 1;
    if (this.#depth > this.#limits.maxDepth) {
      throw new AmfError(
        'AMF_TOO_DEEP',
        `AMF values nested more than ${this.#limits.maxDepth} deep.`,
      );
    }
  }

  leave(): void {
    this.#depth -= 1;
  }

  /** Counts `cost` against `maxSize`. */
  spend(cost: number): void {
    this.#size += cost;
    if (this.#size > this.#limits.maxSize) {
      throw new AmfError(
        'AMF_TOO_LARGE',
        `AMF values of more than ${this.#limits.maxSize} bytes in one message.`,
      );
    }
  }

  /** Moves past `bytes` and answers where they begin. */
  #take(bytes: number): number {
    if (bytes > this.remaining) {
      throw new AmfError(
        'AMF_TRUNCATED',
        `AMF data ends at byte ${this.#data.length}, inside a value that needs ${bytes} bytes from byte ${this.#offset}.`,
      );
    }
    const start = this.#offset;
    this.#offset += bytes;
    return start;
  }
}
