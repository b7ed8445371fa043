import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Sink } from '../live/viewer.ts';
import { handleOf, streamBinding, type TcpHandle } from './tcp-handle.ts';

/** A request that no write has needed yet: most are done at once, so that all sockets share one. */
let spare = streamBinding && new streamBinding.WriteWrap();
const state = streamBinding?.streamBaseState ?? new Int32Array();
const wasAsync = streamBinding?.kLastWriteWasAsync ?? 0;

/**
 * A viewer's bytes go to a TCP socket: straight to its handle while nothing waits in the socket's own
 * queue. What the system does not take at once waits in libuv, in order with whatever follows by
 * either way. Once it is in use, whatever must keep its place among the bytes goes through it too.
 */
export class SocketSink implements Sink {
  #socket: Socket;
  /** TLS has its own way. */
  #handle: TcpHandle | undefined;
  /** Nothing of ours waits in the socket's own queue. */
  #direct = false;
  /** Bytes of direct writes that libuv holds. */
  #held = 0;
  #descriptor: number | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const direct = streamBinding !== undefined && !(socket as Partial<TLSSocket>).encrypted;
    this.#handle = direct ? (handleOf(socket) ?? undefined) : undefined;
  }

  get queued(): number {
    return this.#direct ? this.#held : this.#socket.writableLength + this.#held;
  }

  get descriptor(): number {
    const socket = this.#socket;
    const handle = this.#handle;
    // Others write to the socket too (a WebSocket's pongs), and what they wrote may wait in libuv. A socket
    // that closes is not writable; its number may be another's at once.
    const isNext = this.#held === 0 && socket.writableLength === 0 && socket.writable;
    return isNext && handle ? (this.#descriptor ??= handle.fd) : -1;
  }

  write(bytes: Uint8Array): void {
    // Neither a corked socket nor, after an error, a broken one is passed by: the socket's own write
    // meets the error again, and tells whom it concerns. After its end there is nobody to tell.
    if ((this.#direct || this.#becomesDirect()) && this.#handle!.writeBuffer(spare!, bytes) === 0) {
      if (state[wasAsync]) this.#hold(bytes);
    } else {
      this.#direct = false;
      if (this.#socket.writable) this.#socket.write(bytes);
    }
  }

  writeAll(pieces: readonly Uint8Array[]): void {
    this.#direct = false;
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
  }

  #becomesDirect(): boolean {
    this.#direct = this.#handle !== undefined && this.#socket.writableLength === 0;
    return this.#direct;
  }

  /** The request that was spare is in use until the system has taken the bytes. */
  #hold(bytes: Uint8Array): void {
    const request = spare!;
    spare = new streamBinding!.WriteWrap();
    request.buffer = bytes;
    this.#held += bytes.length;
    request.oncomplete = (status) => {
      this.#held -= bytes.length;
      if (status < 0 && !this.#socket.destroyed) this.#socket.destroy();
    };
  }
}
