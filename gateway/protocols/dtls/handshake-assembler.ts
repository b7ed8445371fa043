/**
 * Puts fragmented handshake messages together (RFC 6347, 4.2.3), in whatever order and however often
 * their fragments come.
 *
 *    | msg_type 1 | length 3 | message_seq 2 | fragment_offset 3 | fragment_length 3 | fragment … |
 */
import { RECORD_HEADER_BYTES } from './record.ts';

const HEADER_BYTES = 12;
/** What incomplete messages claim to have, together: whoever claims it need not have proved anything.
 *  Certificates are the largest messages; a chain of RSA ones has about 4 kB. */
const MAX_PARTIAL_BYTES = 16 * 1024;

interface Partial {
  readonly body: Buffer;
  /** 1 for each byte that is there. */
  readonly has: Uint8Array;
  missing: number;
}

/** A record of epoch 0 that holds one whole handshake message. */
const wholeRecord = (record: Buffer, fragment: number, body: Buffer): Buffer => {
  const whole = Buffer.alloc(RECORD_HEADER_BYTES + HEADER_BYTES + body.length);
  record.copy(whole, 0, 0, RECORD_HEADER_BYTES);
  whole.writeUInt16BE(HEADER_BYTES + body.length, 11);
  record.copy(whole, RECORD_HEADER_BYTES, fragment, fragment + 6);
  whole.writeUIntBE(body.length, RECORD_HEADER_BYTES + 9, 3);
  body.copy(whole, RECORD_HEADER_BYTES + HEADER_BYTES);
  return whole;
};

export class HandshakeAssembler {
  readonly #partials = new Map<number, Partial>();
  #claimed = 0;

  /** Takes a handshake record in clear; answers records with whole messages, none for garbage. */
  push(record: Buffer): Buffer[] {
    const whole: Buffer[] = [];
    let at = RECORD_HEADER_BYTES;
    while (at + HEADER_BYTES <= record.length) {
      const length = record.readUIntBE(at + 1, 3);
      const offset = record.readUIntBE(at + 6, 3);
      const size = record.readUIntBE(at + 9, 3);
      const end = at + HEADER_BYTES + size;
      if (end > record.length || offset + size > length || length > MAX_PARTIAL_BYTES) break;
      const content = record.subarray(at + HEADER_BYTES, end);
      const body = size === length ? content : this.#add(record, at, length, offset, content);
      if (body !== undefined) whole.push(wholeRecord(record, at, body));
      at = end;
    }
    return whole;
  }

  /** The message's body once nothing of it is missing. */
  #add(
    record: Buffer,
    at: number,
    length: number,
    offset: number,
    content: Buffer,
  ): Buffer | undefined {
    const sequence = record.readUInt16BE(at + 4);
    let partial = this.#partials.get(sequence);
    if (partial === undefined || partial.body.length !== length) {
      this.#forget(sequence);
      if (this.#claimed + length > MAX_PARTIAL_BYTES) {
        for (const other of this.#partials.keys()) this.#forget(other);
      }
      this.#claimed += length;
      partial = { body: Buffer.alloc(length), has: new Uint8Array(length), missing: length };
      this.#partials.set(sequence, partial);
    }
    content.copy(partial.body, offset);
    for (let byte = offset; byte < offset + content.length; byte++) {
      if (partial.has[byte] === 1) continue;
      partial.has[byte] = 1;
      partial.missing--;
    }
    if (partial.missing > 0) return undefined;
    this.#forget(sequence);
    return partial.body;
  }

  #forget(sequence: number): void {
    this.#claimed -= this.#partials.get(sequence)?.body.length ?? 0;
    this.#partials.delete(sequence);
  }
}
