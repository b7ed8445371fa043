/**
 * AES in counter mode for a series of packets (RFC 3711, 4.1.1), made ahead of time.
 *
 *     counter block: | salt XOR SSRC XOR packet index, 14 bytes | block number, 2 bytes |
 *
 * Which blocks the next packets will need is known before they are: one call of a cipher that lives
 * as long as the key makes the key stream of several, which costs a tenth of a cipher object for
 * each packet.
 */
import type { KeyObject } from 'node:crypto';
import { createCipheriv } from 'node:crypto';
import type { Cipheriv } from 'node:crypto';
import type { SessionKeys } from './keys.ts';
import { applyKeyStream, counterBlocks, countOn } from './packet-lanes.ts';

const BLOCK_BYTES = 16;
/** Longest payload served from the stream, bytes: that of an RTX packet of full size. */
export const STREAM_BYTES = 1184;
/** Packets whose key stream is made at a time. */
const PACKETS = 8;

/** Writes what of a counter block is the same for all packets of a source: `salt` XOR SSRC. */
const writeSource = (iv: Buffer, salt: Buffer, ssrc: number): void => {
  iv.fill(0).set(salt);
  iv.writeUInt32BE((iv.readUInt32BE(4) ^ ssrc) >>> 0, 4);
};

/** … and what is each packet's own: its index, of which `low` is the last 16 bits. */
const writeIndex = (iv: Buffer, salt: Buffer, high: number, low: number): void => {
  iv[8] = salt[8]! ^ (high >>> 24);
  iv[9] = salt[9]! ^ (high >>> 16);
  iv[10] = salt[10]! ^ (high >>> 8);
  iv[11] = salt[11]! ^ high;
  iv[12] = salt[12]! ^ (low >>> 8);
  iv[13] = salt[13]! ^ low;
};

/** The counter block of a packet without its block number: 14 bytes of `iv`. */
export const writeCounter = (
  iv: Buffer,
  salt: Buffer,
  ssrc: number,
  high: number,
  low: number,
): void => {
  writeSource(iv, salt, ssrc);
  writeIndex(iv, salt, high, low);
};

const openCipher = (key: KeyObject): Cipheriv =>
  createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);

/** Writes `count` counter blocks, the first of them `iv`, from block `at` of the memory on. */
const writeBlocks = (iv: Buffer, at: number, count: number): void => {
  counterBlocks.set(iv, at * BLOCK_BYTES);
  countOn(at * BLOCK_BYTES, (at + count) * BLOCK_BYTES);
};

/** The key stream of one source's packets, for a sender that goes on packet by packet. */
export class KeyStream {
  readonly #cipher: Cipheriv;
  readonly #salt: Buffer;
  readonly ssrc: number;
  readonly #iv = Buffer.alloc(BLOCK_BYTES);
  /** Index of the first packet that `#bytes` serves. */
  #from = -Infinity;
  #bytes: Buffer<ArrayBuffer> = Buffer.from(new ArrayBuffer(0));
  /** Blocks for each packet in `#bytes`: those of the longest so far. Sound needs few. */
  #blocks = 0;

  constructor(keys: SessionKeys, ssrc: number) {
    this.#cipher = openCipher(keys.encryption);
    this.#salt = keys.salt;
    this.ssrc = ssrc;
    writeSource(this.#iv, keys.salt, ssrc);
  }

  /**
   * XORs the packet's key stream onto `length` bytes (at most `STREAM_BYTES`) of a lane. False when
   * the stream has gone past the index: nothing was done.
   */
  apply(index: number, lane: number, at: number, length: number): boolean {
    if (index >= this.#from + PACKETS || length > this.#blocks * BLOCK_BYTES) {
      this.#fill(index, Math.ceil(length / BLOCK_BYTES));
    }
    const packet = index - this.#from;
    if (packet < 0) return false;
    applyKeyStream(lane, at, length, this.#bytes, packet * this.#blocks * BLOCK_BYTES);
    return true;
  }

  #fill(index: number, blocks: number): void {
    this.#blocks = Math.max(this.#blocks, blocks);
    for (let packet = 0; packet < PACKETS; packet++) {
      const roc = Math.floor((index + packet) / 0x10000);
      writeIndex(this.#iv, this.#salt, roc, (index + packet) % 0x10000);
      writeBlocks(this.#iv, packet * this.#blocks, this.#blocks);
    }
    const length = PACKETS * this.#blocks * BLOCK_BYTES;
    // Freed at once: left to the garbage collector, which sees little else, the many MB a second that
    // lie outside its heap make it go through all of that again and again.
    this.#bytes.buffer.transfer(0);
    this.#bytes = this.#cipher.update(counterBlocks.subarray(0, length));
    this.#from = index;
  }
}

/** AES in counter mode for packets that come one by one. */
export class CounterMode {
  readonly #cipher: Cipheriv;

  constructor(key: KeyObject) {
    this.#cipher = openCipher(key);
  }

  /** `bytes` (at most 4,096: `countOn` throws) XORed with the key stream of `iv`, which `writeCounter` wrote. */
  crypt(iv: Buffer, bytes: Uint8Array): Buffer {
    const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
    writeBlocks(iv, 0, blocks);
    const stream = this.#cipher.update(counterBlocks.subarray(0, blocks * BLOCK_BYTES));
    for (let at = 0; at < bytes.length; at++) stream[at] = stream[at]! ^ bytes[at]!;
    return stream.subarray(0, bytes.length);
  }
}
