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

/** Shared by all keys: one place that stays in the processor's cache, whoever's packet it is. */
const inner = Buffer.alloc(BLOCK_BYTES + MAX_BYTES);
const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
/** The beginnings of `inner`, by length: making one anew for each packet would be garbage. */
const beginnings = new Array<Buffer | undefined>(MAX_BYTES + 1).fill(undefined);

export class HmacSha1 {
  readonly #innerKey = Buffer.alloc(BLOCK_BYTES, 0x36);
  readonly #outerKey = Buffer.alloc(BLOCK_BYTES, 0x5c);

  /** `key`: at most 64 bytes. */
  constructor(key: KeyObject) {
    for (const [at, byte] of key.export().entries()) {
      this.#innerKey[at] = byte ^ 0x36;
      this.#outerKey[at] = byte ^ 0x5c;
    }
  }

  /** Writes the first `tagBytes` of the MAC over `message`'s first `length` bytes to `at` of
   *  `out`, which may be the same memory. Throws a RangeError beyond 2,048 bytes of message. */
  write(out: Buffer, message: Buffer, length: number, at: number, tagBytes: number): void {
    if (length > MAX_BYTES) {
      throw new RangeError(`A message of ${length} bytes is too long to be signed.`);
    }
    inner.set(this.#innerKey);
    message.copy(inner, BLOCK_BYTES, 0, length);
    outer.set(this.#outerKey);
    const signed = (beginnings[length] ??= inner.subarray(0, BLOCK_BYTES + length));
    const digest = hash('sha1', signed, 'binary');
    outer.write(digest, BLOCK_BYTES, DIGEST_BYTES, 'latin1');
    out.write(hash('sha1', outer, 'binary'), at, tagBytes, 'latin1');
  }
}
