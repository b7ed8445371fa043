/**
 * Framing of datagrams over TCP (RFC 4571): each is preceded by its length in 16 bits. ICE-TCP
 * (RFC 6544) carries STUN, DTLS and SRTP this way.
 */

/** Largest datagram taken: everything WebRTC sends fits an Ethernet frame; DTLS flights do too. */
export const MAX_FRAME_BYTES = 4096;

/**
 * Cuts a TCP byte stream into datagrams. `push` hands each whole one to `onFrame` (valid during the
 * call only) and answers false, for good, once the peer claimed a frame that is empty or too large.
 */
export class FrameReader {
  readonly #onFrame: (frame: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);
  #failed = false;

  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  push(chunk: Buffer): boolean {
    if (this.#failed) return false;
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let offset = 0;
    while (offset + 2 <= bytes.length) {
      const length = bytes.readUInt16BE(offset);
      if (length === 0 || length > MAX_FRAME_BYTES) {
        this.#failed = true;
        this.#rest = Buffer.alloc(0);
        return false;
      }
      if (offset + 2 + length > bytes.length) break;
      this.#onFrame(bytes.subarray(offset + 2, offset + 2 + length));
      offset += 2 + length;
    }
    // What is left is less than one frame; the copy lets go of the read buffer.
    this.#rest = Buffer.from(bytes.subarray(offset));
    return true;
  }
}
