import type { Socket } from 'node:net';
import type { Sink } from '../live/viewer.ts';

/** A viewer's bytes go to a TCP socket. */
export class SocketSink implements Sink {
  #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get queued(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  writeAll(pieces: readonly Uint8Array[]): void {
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
  }
}
