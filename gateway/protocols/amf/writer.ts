import { AmfError } from './errors.ts';
import { defaultAmfLimits } from './reader.ts';

/** A growing buffer for AMF bytes, big-endian. */
export class AmfWriter {
  #buffer = Buffer.allocUnsafe(256);
  #length = 0;
  #depth = 0;

  u8(value: number): void {
    const at = this.#room(1); // first: it may replace the buffer
    this.#length = this.#buffer.writeUInt8(value, at);
  }

  u16(value: number): void {
    const at = this.#room(2); // first: it may replace the buffer
    this.#length = this.#buffer.writeUInt16BE(value, at);
  }

  u32(value: number): void {
    const at = this.#room(4); // first: it may replace the buffer
    this.#length = this.#buffer.writeUInt32BE(value, at);
  }

  double(value: number): void {
    const at = this.#room(8); // first: it may replace the buffer
    this.#length = this.#buffer.writeDoubleBE(value, at);
  }

  bytes(data: Uint8Array): void {
    const at = this.#room(data.length);
    this.#buffer.set(data, at);
    this.#length = at + data.length;
  }

  /** Counts one level of nesting, so that a value that contains itself ends in an error. */
  enter(): void {
    this.#depth += 1;
    if (this.#depth > defaultAmfLimits.maxDepth) {
      throw new AmfError(
        'AMF_TOO_DEEP',
        `A value to encode is nested more than ${defaultAmfLimits.maxDepth} deep.`,
      );
    }
  }

  leave(): void {
    this.#depth -= 1;
  }

  /** The bytes so far; the writer is done with them. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Makes room for `bytes` more and answers where they go. */
  #room(bytes: number): number {
    const needed = this.#length + bytes;
    if (needed > defaultAmfLimits.maxSize) {
      throw new AmfError(
        'AMF_TOO_LARGE',
        `A value to encode takes more than ${defaultAmfLimits.maxSize} bytes.`,
      );
    }
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    return this.#length;
  }
}
