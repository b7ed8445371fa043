import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import type { TransportAddress } from '../../protocols/stun/address.ts';
import { DatagramSender } from './datagram-sender.ts';
import type { Path } from './path.ts';

/** Kernel buffers: a burst of joins, and the feedback of hundreds of viewers, must fit. */
const BUFFER_BYTES = 4 * 1024 * 1024;
/**
 * Peers with a socket of their own on the port, connected to them: sending then takes the kernel a
 * sixth less, as it knows the way. Linux before 6.13 looks through all sockets of a port for each
 * datagram that comes in, so that more would not pay.
 */
const MAX_CONNECTED = 512;

export interface UdpPort {
  readonly port: number;
  /** The way to an address; kept by whoever uses it. */
  pathTo(remote: TransportAddress): Path;
  close(): Promise<void>;
}

type OnDatagram = (datagram: Buffer, address: string, port: number) => void;

/** `dgram` looks every address up, asynchronously, unless told that it is one already. */
const noLookup = (
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void => callback(null, address, address.includes(':') ? 6 : 4);

interface Binding {
  readonly family: 'udp4' | 'udp6';
  readonly port: number;
  /** '' binds all addresses of the family. */
  readonly host: string;
}

/** @throws the system's error (EADDRINUSE, …) */
const bindSocket = async ({ family, port, host }: Binding, reuseAddr: boolean): Promise<Socket> => {
  const ipv6Only = family === 'udp6';
  const socket = createSocket({ type: family, ipv6Only, reuseAddr, lookup: noLookup });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ port, address: host || undefined }, () => {
      socket.removeAllListeners('error');
      resolve();
    });
  });
  // An unreachable peer shows as an error of a socket; its consent check ends it.
  socket.on('error', () => {});
  try {
    socket.setRecvBufferSize(BUFFER_BYTES);
    socket.setSendBufferSize(BUFFER_BYTES);
  } catch {
    // The kernel's limit is lower; what it has by default will do.
  }
  return socket;
};

const connectSocket = (socket: Socket, { address, port }: TransportAddress): Promise<void> =>
  new Promise((resolve, reject) => {
    // What the types do not say: a failure comes as the argument.
    socket.connect(port, address, (error?: Error) => (error ? reject(error) : resolve()));
  });

const closeSocket = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.close(() => resolve()));

/** The port's socket, and how many peers have one of their own beside it. */
class SharedPort implements UdpPort {
  readonly #binding: Binding;
  readonly #socket: Socket;
  readonly #sender: DatagramSender;
  readonly #onDatagram: OnDatagram;
  readonly #own = new Set<Socket>();
  #connecting = 0;
  #isClosed = false;

  constructor(binding: Binding, socket: Socket, onDatagram: OnDatagram) {
    this.#binding = binding;
    this.#socket = socket;
    this.#sender = new DatagramSender(socket);
    this.#onDatagram = onDatagram;
    this.#listen(socket);
  }

  get port(): number {
    return this.#binding.port;
  }

  pathTo(remote: TransportAddress): Path {
    return new UdpPath(this.#sender, remote, this);
  }

  /** A socket that is connected to a peer; undefined when there is none to be had. */
  async connect(remote: TransportAddress): Promise<Socket | undefined> {
    if (process.platform !== 'linux' || this.#isClosed) return undefined;
    if (this.#own.size + this.#connecting >= MAX_CONNECTED) return undefined;
    this.#connecting++;
    let socket: Socket | undefined;
    try {
      socket = await bindSocket(this.#binding, true);
      this.#own.add(socket);
      this.#listen(socket);
      await connectSocket(socket, remote);
      if (!this.#isClosed) return socket;
    } catch {
      // No descriptor is left, or there is no such way: the shared socket serves.
    } finally {
      this.#connecting--;
    }
    if (socket !== undefined) this.release(socket);
    return undefined;
  }

  release(socket: Socket): void {
    if (this.#own.delete(socket)) socket.close();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const socket of this.#own) this.release(socket);
    await closeSocket(this.#socket);
  }

  #listen(socket: Socket): void {
    socket.on('message', (datagram, remote) =>
      this.#onDatagram(datagram, remote.address, remote.port),
    );
  }
}

class UdpPath implements Path {
  readonly protocol = 'udp';
  readonly remote: TransportAddress;
  readonly #shared: DatagramSender;
  readonly #port: SharedPort;
  #own: DatagramSender | undefined;
  #state: 'new' | 'settled' | 'closed' = 'new';

  constructor(shared: DatagramSender, remote: TransportAddress, port: SharedPort) {
    this.#shared = shared;
    this.remote = remote;
    this.#port = port;
  }

  send(datagram: Buffer): void {
    if (this.#own !== undefined) this.#own.send(datagram, undefined);
    else this.#shared.send(datagram, this.remote);
  }

  settle(): void {
    if (this.#state !== 'new') return;
    this.#state = 'settled';
    void this.#port.connect(this.remote).then((socket) => {
      if (socket === undefined) return;
      if (this.#state === 'closed') this.#port.release(socket);
      else this.#own = new DatagramSender(socket);
    });
  }

  close(): void {
    this.#state = 'closed';
    if (this.#own !== undefined) this.#port.release(this.#own.socket);
    this.#own = undefined;
  }
}

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
  onDatagram: OnDatagram,
): Promise<UdpPort> => {
  // Sockets of our own may share the port; whether another program has it is found out first.
  const alone = await bindSocket({ family, port, host }, false);
  const number = alone.address().port;
  await closeSocket(alone);
  const binding = { family, port: number, host };
  return new SharedPort(binding, await bindSocket(binding, true), onDatagram);
};
