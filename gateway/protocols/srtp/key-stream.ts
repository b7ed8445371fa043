/**
 * AES in counter mode for a series of packets (RFC 3711, 4.1.1), made ahead of time.
 *
 *     counter block: | salt XOR SSRC XOR packet index, 14 bytes | block number, 2 bytes |
 *
 * Which blocks the next packets will need is known before they are: one call of the cipher makes
 * the key stream of several, which costs a tenth of a cipher object for each packet.
 */
import { createCipheriv } from 'node:crypto';
import type { Cipheriv } from 'node:crypto';
import type { SessionKeys } from './keys.ts';

const BLOCK_BYTES = 16;
/** Longest payload served from the stream, bytes: that of an RTX packet of full size. */
export const STREAM_BYTES = 1184;
const BLOCKS = STREAM_BYTES / BLOCK_BYTES;
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

/** The key stream of one source's packets, for a sender that goes on packet by packet. */
export class KeyStream {
  readonly #cipher: Cipheriv;
  readonly #salt: Buffer;
  readonly #ssrc: number;
  readonly #counters = Buffer.alloc(PACKETS * STREAM_BYTES);
  readonly #iv = Buffer.alloc(BLOCK_BYTES);
  /** The roll-over counter that each packet's counter blocks were written with. */
  readonly #rocs = new Float64Array(PACKETS).fill(-1);
  /** Index of the first packet that `#words` serves; -1: none yet. */
  #from = -1;
  #words = new Uint32Array(0);

  constructor(keys: SessionKeys, ssrc: number) {
    this.#cipher = createCipheriv('aes-128-ecb', keys.encryption, null);
    this.#cipher.setAutoPadding(false);
    this.#salt = keys.salt;
    this.#ssrc = ssrc;
    for (let block = 0; block < PACKETS * BLOCKS; block++) {
      this.#counters.writeUInt16BE(block % BLOCKS, block * BLOCK_BYTES + 14);
    }
  }

  /**
   * XORs the packet's key stream onto `count` words from `at` on. False when the stream has gone
   * past the index: nothing was done.
   */
  apply(index: number, words: Uint32Array, at: number, count: number): boolean {
    if (this.#from < 0 || index >= this.#from + PACKETS) this.#fill(index);
    const packet = index - this.#from;
    if (packet < 0 || packet >= PACKETS) return false;
    const stream = this.#words;
    let from = packet * (STREAM_BYTES / 4);
    for (let to = at, end = at + count; to < end; to++, from++) {
      words[to] = words[to]! ^ stream[from]!;
    }
    return true;
  }

  #fill(index: number): void {
    const counters = this.#counters;
    const iv = this.#iv;
    for (let packet = 0; packet < PACKETS; packet++) {
      const roc = Math.floor((index + packet) / 0x10000);
      writeCounter(iv, this.#salt, this.#ssrc, roc, (index + packet) % 0x10000);
      const from = packet * STREAM_BYTES;
      if (this.#rocs[packet] !== roc) {
        this.#rocs[packet] = roc;
        for (let block = from; block < from + STREAM_BYTES; block += BLOCK_BYTES) {
          counters.set(iv.subarray(0, 14), block);
        }
        continue;
      }
      // As a rule only the sequence number is another one.
      const high = iv[12]!;
      const low = iv[13]!;
      for (let at = from + 12; at < from + STREAM_BYTES; at += BLOCK_BYTES) {
        counters[at] = high;
        counters[at + 1] = low;
      }
    }
    const stream = this.#cipher.update(counters);
    this.#words = new Uint32Array(stream.buffer, stream.byteOffset, stream.length / 4);
    this.#from = index;
  }
}
