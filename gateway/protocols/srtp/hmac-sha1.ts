/**
 * HMAC-SHA1 (RFC 2104) by two one-shot digests over memory that begins with the padded key. An
 * HMAC object for each packet costs twice as much.
 */
import type { KeyObject } from 'node:crypto';
import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 20;
/** Longest message, bytes. */
const MAX_BYTES = 2048;

export class HmacSha1 {
  readonly #inner = Buffer.alloc(BLOCK_BYTES + MAX_BYTES, 0x36);
  readonly #outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES, 0x5c);

  /** `key`: at most 64 bytes. */
  constructor(key: KeyObject) {
    for (const [at, byte] of key.export().entries()) {
      this.#inner[at] = byte ^ 0x36;
      this.#outer[at] = byte ^ 0x5c;
    }
  }

  /** Writes the first `tagBytes` of the MAC over `out`'s first `length` bytes to `at` of `out`. */
  write(out: Buffer, length: number, at: number, tagBytes: number): void {
    out.copy(this.#inner, BLOCK_BYTES, 0, length);
    const inner = hash('sha1', this.#inner.subarray(0, BLOCK_BYTES + length), 'binary');
    this.#outer.write(inner, BLOCK_BYTES, DIGEST_BYTES, 'latin1');
    out.write(hash('sha1', this.#outer, 'binary'), at, tagBytes, 'latin1');
  }
}
