import { connect, type Socket } from 'node:net';
import { encodeAmf0 } from '../../gateway/protocols/amf/amf0.ts';
import type { AmfValue } from '../../gateway/protocols/amf/value.ts';
import { ChunkWriter } from '../../gateway/protocols/rtmp/chunk-writer.ts';
import { MessageType } from '../../gateway/protocols/rtmp/message.ts';
import type { Scope } from './scope.ts';

const HANDSHAKE = 1536;

/** A TCP connection that sends exactly the bytes that a test wants sent, sense or nonsense. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything that the server sent. */
  readonly received: Buffer;
  /** Resolves when the server has closed the connection (or reset it). */
  readonly closed: Promise<void>;
  write(...parts: (Uint8Array | readonly number[] | string)[]): void;
  /** Resolves when at least so many bytes have come; rejects when the server closes first. */
  got(bytes: number): Promise<void>;
}

export function rawConnection(scope: Scope, port: number): RawConnection {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  scope.after(() => void socket.destroy());
  // Being cut off is what these tests are about.
  socket.on('error', () => {});
  let received = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    received = Buffer.concat([received, data]);
  });
  socket.on('end', () => socket.end());
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return {
    socket,
    get received() {
      return received;
    },
    closed,
    write(...parts) {
      for (const part of parts) socket.write(typeof part === 'string' ? part : Buffer.from(part));
    },
    got(bytes) {
      return new Promise((resolve, reject) => {
        const look = () => {
          if (received.length < bytes) return;
          socket.off('data', look);
          resolve();
        };
        socket.on('data', look);
        void closed.then(() => reject(new Error(`closed after ${received.length} bytes`)));
        look();
      });
    },
  };
}

/** A raw RTMP client whose handshake is done, and that can send well-formed messages, too. */
export interface RawRtmp extends RawConnection {
  /** Sends a message in chunks of 128 bytes. */
  message(type: number, payload: Uint8Array, streamId?: number, chunkStreamId?: number): void;
  /** Sends a command; `object` is null unless given in `args[0]` of connect. */
  command(name: string, transaction: number, streamId: number, ...args: AmfValue[]): void;
  /** Sends connect, createStream and publish; resolves when the server answered the last. */
  publish(name: string): Promise<void>;
}

/** C0 and C1 of the plain handshake. */
export const rawHello: Buffer = Buffer.concat([Buffer.of(3), Buffer.alloc(HANDSHAKE)]);

export async function rawRtmp(scope: Scope, port: number): Promise<RawRtmp> {
  const connection = rawConnection(scope, port);
  connection.write(rawHello);
  await connection.got(1 + 2 * HANDSHAKE);
  connection.write(connection.received.subarray(1, 1 + HANDSHAKE));
  const writer = new ChunkWriter();

  const self: RawRtmp = {
    socket: connection.socket,
    get received() {
      return connection.received;
    },
    closed: connection.closed,
    write: (...parts) => connection.write(...parts),
    got: (bytes) => connection.got(bytes),
    message(type, payload, streamId = 0, chunkStreamId = 3) {
      connection.write(writer.write({ type, streamId, timestamp: 0, chunkStreamId, payload }));
    },
    command(name, transaction, streamId, ...args) {
      self.message(MessageType.commandAmf0, encodeAmf0(name, transaction, ...args), streamId);
    },
    async publish(name) {
      self.command('connect', 1, 0, { app: 'live', tcUrl: `rtmp://127.0.0.1:${port}/live` });
      self.command('createStream', 2, 0, null);
      self.command('publish', 3, 1, null, name, 'live');
      while (!connection.received.includes('NetStream.Publish.Start')) {
        await connection.got(connection.received.length + 1);
      }
    },
  };
  return self;
}
