import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { FrameReader } from '../../protocols/stun/framing.ts';
import { isStun } from '../../protocols/stun/message.ts';
import { clientNetwork, unmapped } from '../../protocols/stun/address.ts';
import type { DatagramHandler, Path } from './path.ts';

/** Connections that have not yet shown a session's credentials, and the time they get. */
const MAX_STRANGERS = 1024;
const STRANGER_MS = 5_000;
/** … from one network: a class behind one router may come at once, the places of all it may not take. */
const MAX_STRANGERS_OF_NETWORK = 64;
/** A viewer over TCP that is further behind loses datagrams, as over UDP. */
const MAX_QUEUED_BYTES = 1024 * 1024;

export interface TcpPort {
  readonly port: number;
  close(): Promise<void>;
}

/** A path over TCP is claimed by the session whose connectivity check came on it. */
export interface TcpPath extends Path {
  /** A session owns the connection: it may stay. `onClosed` is told when it breaks. */
  claim(onClosed: () => void): void;
  destroy(): void;
}

export const isTcpPath = (path: Path): path is TcpPath => path.protocol === 'tcp';

const createPath = (socket: Socket): TcpPath & { readonly isClaimed: () => boolean } => {
  let claimed = false;
  return {
    protocol: 'tcp',
    remote: { address: unmapped(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 },
    send(datagram) {
      if (socket.writableLength > MAX_QUEUED_BYTES || !socket.writable) return;
      const framed = Buffer.allocUnsafe(2 + datagram.length);
      framed.writeUInt16BE(datagram.length, 0);
      datagram.copy(framed, 2);
      socket.write(framed);
    },
    claim(onClosed) {
      if (claimed) return;
      claimed = true;
      socket.once('close', onClosed);
    },
    // What was written (the goodbye) still goes out.
    destroy: () => socket.destroySoon(),
    isClaimed: () => claimed,
  };
};

/**
 * Listens for ICE-TCP (RFC 6544, passive candidates): datagrams framed by their length. The first
 * one must be a STUN message; whoever sends something else, or nothing, is cut.
 */
export const listenTcp = async (
  port: number,
  host: string,
  handler: DatagramHandler,
): Promise<TcpPort> => {
  const sockets = new Set<Socket>();
  /** With their networks: a socket that was closed has no address. */
  const strangers = new Map<Socket, string>();

  const isFullFor = (network: string): boolean => {
    if (strangers.size >= MAX_STRANGERS) return true;
    let count = 0;
    for (const one of strangers.values()) if (one === network) count++;
    return count >= MAX_STRANGERS_OF_NETWORK;
  };

  const accept = (socket: Socket): void => {
    const network = clientNetwork(socket.remoteAddress ?? '');
    if (isFullFor(network)) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    strangers.set(socket, network);
    socket.setNoDelay(true);
    const path = createPath(socket);
    const patience = setTimeout(() => socket.destroy(), STRANGER_MS);
    const reader = new FrameReader((frame) => {
      if (!path.isClaimed() && !isStun(frame)) {
        socket.destroy();
        return;
      }
      handler.onDatagram(frame, path);
      if (path.isClaimed() && strangers.delete(socket)) clearTimeout(patience);
    });
    socket.on('data', (chunk) => {
      if (!reader.push(chunk)) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(patience);
      sockets.delete(socket);
      strangers.delete(socket);
    });
  };

  const server = createServer(accept);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: host || undefined }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
};
