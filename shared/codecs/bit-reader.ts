import { CodecError } from './codec-error.ts';

/** Reads big-endian bit fields. Every read past the end is a CodecError `CODEC_TRUNCATED`. */
export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #size: number;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#size = bytes.length * 8;
  }

  /** Bits read so far. */
  get position(): number {
    return this.#at;
  }

  get bitsLeft(): number {
    return this.#size - this.#at;
  }

  /** u(n): `count` bits, 0 to 32, as an unsigned integer. */
  read(count: number): number {
    this.#require(count);
    let value = 0;
    let left = count;
    while (left > 0) {
      const offset = this.#at & 7;
      const take = Math.min(8 - offset, left);
      const bits = (this.#bytes[this.#at >> 3]! >> (8 - offset - take)) & ((1 << take) - 1);
      value = (value << take) | bits;
      this.#at += take;
      left -= take;
    }
    return value >>> 0;
  }

  /** u(1) as a boolean. */
  flag(): boolean {
    return this.read(1) === 1;
  }

  skip(count: number): void {
    this.#require(count);
    this.#at += count;
  }

  /** ue(v): an unsigned Exp-Golomb code, at most 2^32 - 2 (H.264 9.1). */
  ue(): number {
    let zeros = 0;
    while (!this.flag()) {
      zeros += 1;
      if (zeros > 31) {
        throw new CodecError('CODEC_INVALID', 'An Exp-Golomb code has more than 31 leading zeros.');
      }
    }
    return 2 ** zeros - 1 + this.read(zeros);
  }

  /** se(v): a signed Exp-Golomb code (H.264 9.1.1). */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : 0 - code / 2; // not -code / 2: zero has no sign here
  }

  /** Skips to the next byte boundary. */
  align(): void {
    this.#at = (this.#at + 7) & ~7;
  }

  #require(count: number): void {
    if (this.#size - this.#at < count) {
      throw new CodecError(
        'CODEC_TRUNCATED',
        `A bit field of ${count} bits begins ${this.#size - this.#at} bits before the end.`,
      );
    }
  }
}
