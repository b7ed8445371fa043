import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import type { TransportAddress } from '../../protocols/stun/address.ts';
import type { Path } from './path.ts';

/** Kernel buffers: a burst of joins, and the feedback of hundreds of viewers, must fit. */
const BUFFER_BYTES = 4 * 1024 * 1024;
/** What the kernel does not take at once is queued up to this; beyond it datagrams are lost. */
const MAX_QUEUED_BYTES = 8 * 1024 * 1024;

export interface UdpPort {
  readonly port: number;
  /** The way to an address; kept by whoever uses it. */
  pathTo(remote: TransportAddress): Path;
  close(): Promise<void>;
}

/** `dgram` looks every address up, asynchronously, unless told that it is one already. */
const noLookup = (
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void => callback(null, address, address.includes(':') ? 6 : 4);

const pathOn = (socket: Socket, remote: TransportAddress): Path => ({
  protocol: 'udp',
  remote,
  send(datagram) {
    const queued = socket.getSendQueueSize();
    if (queued > MAX_QUEUED_BYTES) return;
    // As a rule the kernel takes the bytes within the call. When it did not take earlier ones,
    // these will be queued too, and must not be overwritten meanwhile.
    socket.send(queued > 0 ? Buffer.from(datagram) : datagram, remote.port, remote.address);
  },
});

/**
 * Binds one UDP port for all peers. `onDatagram` gets the sender's address as two values, so that
 * garbage costs no allocation of ours.
 * @param host '' binds all addresses of the family
 * @throws the system's error (EADDRINUSE, …)
 */
export const bindUdp = async (
  family: 'udp4' | 'udp6',
  port: number,
  host: string,
  onDatagram: (datagram: Buffer, address: string, port: number) => void,
): Promise<UdpPort> => {
  const socket = createSocket({ type: family, ipv6Only: family === 'udp6', lookup: noLookup });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ port, address: host || undefined }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  // An unreachable peer shows as an error of the shared socket; its consent check ends it.
  socket.on('error', () => {});
  try {
    socket.setRecvBufferSize(BUFFER_BYTES);
    socket.setSendBufferSize(BUFFER_BYTES);
  } catch {
    // The kernel's limit is lower; what it has by default will do.
  }
  socket.on('message', (datagram, remote) => onDatagram(datagram, remote.address, remote.port));
  return {
    port: socket.address().port,
    pathTo: (remote) => pathOn(socket, remote),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
};
