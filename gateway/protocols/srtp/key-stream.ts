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

const BLOCK_BYTES = 16;
const BLOCK_WORDS = BLOCK_BYTES / 4;
/** Longest payload served from the stream, bytes: that of an RTX packet of full size. */
export const STREAM_BYTES = 1184;
const MAX_BLOCKS = STREAM_BYTES / BLOCK_BYTES;
/** Packets whose key stream is made at a time. */
const PACKETS = 8;

/** The counter block of a packet without its block number: 14 bytes of `iv`. */
export const writeCounter = (
  iv: Buffer,
  salt: Buffer,
  ssrc: number,
  high: number,
  low: number,
): void => {
  iv.fill(0).set(salt);
  iv.writeUInt32BE((iv.readUInt32BE(4) ^ ssrc) >>> 0, 4);
  iv.writeUInt32BE((iv.readUInt32BE(8) ^ high) >>> 0, 8);
  iv.writeUInt16BE(iv.readUInt16BE(12) ^ low, 12);
};

/** Memory of counter blocks, shared by all keys: it stays in the processor's cache. */
class CounterBlocks {
  readonly bytes: Buffer;
  readonly #words: Int32Array;

  constructor(blocks: number) {
    this.bytes = Buffer.from(new ArrayBuffer(blocks * BLOCK_BYTES));
    this.#words = new Int32Array(this.bytes.buffer);
  }

  /** Writes the `count` counter blocks of one packet from block `at` on; `iv` as `writeCounter` has it. */
  write(iv: Buffer, at: number, count: number): void {
    const words = this.#words;
    const [first, second, third] = [iv.readInt32LE(0), iv.readInt32LE(4), iv.readInt32LE(8)];
    const last = iv.readUInt16LE(12);
    let to = at * BLOCK_WORDS;
    // Of the block number's two bytes the second comes last, which is a word's most significant here;
    // no packet has so many blocks that the first would count.
    for (let block = 0; block < count; block++, to += BLOCK_WORDS) {
      words[to] = first;
      words[to + 1] = second;
      words[to + 2] = third;
      words[to + 3] = last | (block << 24);
    }
  }
}

const openCipher = (key: KeyObject): Cipheriv =>
  createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);

const seriesBlocks = new CounterBlocks(PACKETS * MAX_BLOCKS);

/** The key stream of one source's packets, for a sender that goes on packet by packet. */
export class KeyStream {
  readonly #cipher: Cipheriv;
  readonly #salt: Buffer;
  readonly #ssrc: number;
  readonly #iv = Buffer.alloc(BLOCK_BYTES);
  /** Index of the first packet that `#words` serves. */
  #from = -Infinity;
  #words = new Uint32Array(0);
  /** Blocks for each packet in `#words`: those of the longest so far. Sound needs few. */
  #blocks = 0;

  constructor(keys: SessionKeys, ssrc: number) {
    this.#cipher = openCipher(keys.encryption);
    this.#salt = keys.salt;
    this.#ssrc = ssrc;
  }

  /**
   * XORs the packet's key stream onto `count` words from `at` on. False when the stream has gone
   * past the index: nothing was done.
   */
  apply(index: number, words: Uint32Array, at: number, count: number): boolean {
    if (index >= this.#from + PACKETS || count > this.#blocks * BLOCK_WORDS) {
      this.#fill(index, Math.ceil(count / BLOCK_WORDS));
    }
    const packet = index - this.#from;
    if (packet < 0) return false;
    const stream = this.#words;
    let from = packet * this.#blocks * BLOCK_WORDS;
    for (let to = at, end = at + count; to < end; to++, from++) {
      words[to] = words[to]! ^ stream[from]!;
    }
    return true;
  }

  #fill(index: number, blocks: number): void {
    this.#blocks = Math.max(this.#blocks, blocks);
    for (let packet = 0; packet < PACKETS; packet++) {
      const roc = Math.floor((index + packet) / 0x10000);
      writeCounter(this.#iv, this.#salt, this.#ssrc, roc, (index + packet) % 0x10000);
      seriesBlocks.write(this.#iv, packet * this.#blocks, this.#blocks);
    }
    const counters = seriesBlocks.bytes.subarray(0, PACKETS * this.#blocks * BLOCK_BYTES);
    const stream = this.#cipher.update(counters);
    this.#words = new Uint32Array(stream.buffer, stream.byteOffset, stream.length / 4);
    this.#from = index;
  }
}

/** Longest packet that is opened or protected alone, bytes. */
const SINGLE_BYTES = 2048;
const singleBlocks = new CounterBlocks(SINGLE_BYTES / BLOCK_BYTES);

/** AES in counter mode for packets that come one by one. */
export class CounterMode {
  readonly #cipher: Cipheriv;

  constructor(key: KeyObject) {
    this.#cipher = openCipher(key);
  }

  /** `bytes` (at most 2,048) XORed with the key stream of `iv`, which `writeCounter` wrote. */
  crypt(iv: Buffer, bytes: Uint8Array): Buffer {
    const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
    singleBlocks.write(iv, 0, blocks);
    const stream = this.#cipher.update(singleBlocks.bytes.subarray(0, blocks * BLOCK_BYTES));
    for (let at = 0; at < bytes.length; at++) stream[at] = stream[at]! ^ bytes[at]!;
    return stream.subarray(0, bytes.length);
  }
}
