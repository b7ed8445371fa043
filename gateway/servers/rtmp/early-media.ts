import { RtmpError } from '../../protocols/rtmp/errors.ts';
import type { RtmpMessage } from '../../protocols/rtmp/message.ts';

/** Bytes of media kept while admission is being asked; encoders send little before they are let in. */
const MAX_BYTES = 4_194_304;
/** What keeping a message costs besides its payload: an empty one comes as a single byte. */
const MESSAGE_BYTES = 256;

/** Media that a publisher sends before it hears whether it may. */
export class EarlyMedia {
  #messages: RtmpMessage[] = [];
  #bytes = 0;

  /** @throws RtmpError `RTMP_ASSEMBLY_TOO_LARGE` when more comes than an encoder would send */
  push(message: RtmpMessage): void {
    this.#bytes += MESSAGE_BYTES + message.payload.length;
    if (this.#bytes > MAX_BYTES) {
      throw new RtmpError(
        'RTMP_ASSEMBLY_TOO_LARGE',
        `More than ${MAX_BYTES} bytes of media came before publishing was allowed.`,
      );
    }
    // A copy: the payload may be a small part of a read, which would be kept whole.
    this.#messages.push({ ...message, payload: Buffer.from(message.payload) });
  }

  /** What came, in order; it is kept no longer. */
  take(): RtmpMessage[] {
    const messages = this.#messages;
    this.clear();
    return messages;
  }

  clear(): void {
    this.#messages = [];
    this.#bytes = 0;
  }
}
