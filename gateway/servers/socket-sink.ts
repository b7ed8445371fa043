import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Sink } from '../live/viewer.ts';
import { handleOf, streamBinding } from './tcp-handle.ts';

/** A request that no write has needed yet: most are done at once, so that all sockets share one. */
let spare = streamBinding && new streamBinding.WriteWrap();

/**
 * A viewer's bytes go to a TCP socket: straight to its handle while nothing waits in the socket's own
 * queue. What the system does not take at once waits in libuv, in order with whatever follows by
 * either way.
 */
export class SocketSink implements Sink {
  #socket: Socket;
  /** TLS has its own way. */
  #direct: boolean;
  /** Bytes of direct writes that libuv holds. */
  #held = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#direct = streamBinding !== undefined && !(socket as Partial<TLSSocket>).encrypted;
  }

  get queued(): number {
    return this.#socket.writableLength + this.#held;
  }

  write(bytes: Uint8Array): void {
    if (!this.#direct || !this.#writeDirectly(bytes)) this.#socket.write(bytes);
  }

  writeAll(pieces: readonly Uint8Array[]): void {
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
  }

  /** Answers whether it did; not where the socket has to see the bytes: it is corked, ending or broken. */
  #writeDirectly(bytes: Uint8Array): boolean {
    const socket = this.#socket;
    const handle = handleOf(socket);
    if (!handle || socket.writableLength > 0 || socket.writableEnded) return false;
    const { WriteWrap, streamBaseState, kLastWriteWasAsync } = streamBinding!;
    const request = spare!;
    // After an error the socket's own write meets it again, and tells whom it concerns.
    if (handle.writeBuffer(request, bytes) !== 0) return false;
    if (streamBaseState[kLastWriteWasAsync]) {
      spare = new WriteWrap();
      request.buffer = bytes;
      this.#held += bytes.length;
      request.oncomplete = (status) => {
        this.#held -= bytes.length;
        if (status < 0 && !socket.destroyed) socket.destroy();
      };
    }
    return true;
  }
}
