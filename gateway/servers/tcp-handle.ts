// What lies below Node.js's sockets. `Socket.write` costs about 1.5 µs more than the handle's own
// write, a fifth of all that a small write costs; so does an event of `data` (decision 10).
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { nodeBinding } from './node-binding.ts';

/** A request that the handle fills in when it cannot write at once. */
export interface WriteRequest {
  oncomplete?: (status: number) => void;
  /** Kept from the garbage collector until it is written. */
  buffer?: Uint8Array;
}

/** libuv's TCP stream as Node.js wraps it. */
export interface TcpHandle {
  /** Answers 0 or a negative error number. */
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
  /** Called with the bytes that were read, as an ArrayBuffer, or to tell of the end or an error. */
  onread: (this: TcpHandle, bytes?: ArrayBuffer) => unknown;
  /** Negative where there is none. */
  readonly fd: number;
  readStop(): number;
  readStart(): number;
}

interface StreamBinding {
  readonly WriteWrap: new () => WriteRequest;
  /** Where the handle tells about its last call. */
  readonly streamBaseState: Int32Array;
  readonly kLastWriteWasAsync: number;
  readonly kReadBytesOrError: number;
  readonly kArrayBufferOffset: number;
}

/** Undefined where this Node.js does not give it: then sockets are written to in the usual way. */
export const streamBinding = findBinding();

function findBinding(): StreamBinding | undefined {
  const found: Partial<StreamBinding> | undefined = nodeBinding('stream_wrap');
  if (!found?.WriteWrap || !found.streamBaseState) return undefined;
  const numbers = [found.kLastWriteWasAsync, found.kReadBytesOrError, found.kArrayBufferOffset];
  return numbers.every(Number.isInteger) ? (found as StreamBinding) : undefined;
}

/** The handle of an open socket. */
export function handleOf(socket: Socket): TcpHandle | null | undefined {
  return (socket as Socket & { _handle?: TcpHandle | null })._handle;
}

/**
 * Hands over what a socket receives, past the socket's own queue; its end and its errors are
 * events as ever. TLS, and a Node.js that does not allow it, go by the event of `data`.
 */
export function readDirectly(socket: Socket, onData: (bytes: Buffer) => void): void {
  const handle = handleOf(socket);
  if (!handle || !streamBinding || (socket as Partial<TLSSocket>).encrypted) {
    socket.on('data', onData);
    return;
  }
  const { streamBaseState, kReadBytesOrError, kArrayBufferOffset } = streamBinding;
  const { onread } = handle;
  handle.onread = function (bytes) {
    const length = streamBaseState[kReadBytesOrError]!;
    if (length <= 0 || bytes === undefined || socket.destroyed) return onread.call(this, bytes);
    onData(Buffer.from(bytes, streamBaseState[kArrayBufferOffset], length));
    return undefined;
  };
  socket.resume();
}
