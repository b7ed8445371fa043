import { createServer, type AddressInfo, type Server } from 'node:net';
import { RtmpConnection, type ConnectionContext, type ConnectionOptions } from './connection.ts';
import { ReadGatherer } from './read-gatherer.ts';

/** Pings keep idle connections alive in NAT tables, and find peers that are gone. */
const PING_INTERVAL_MS = 30_000;

/** Accepts RTMP connections at one address, which can move. */
export class RtmpServer {
  #options: ConnectionContext;
  #listener: Server | undefined;
  #connections = new Set<RtmpConnection>();
  #pings: NodeJS.Timeout | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = { ...options, gatherer: new ReadGatherer(() => this.#connections.size) };
  }

  get port(): number {
    return (this.#listener?.address() as AddressInfo | null)?.port ?? 0;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /**
   * Listens at an address; when it listens elsewhere already, moves: the new address first, then
   * the old one is given up, while the connections that it accepted go on.
   * @param host '' listens on all addresses
   * @throws the system's error (EADDRINUSE, EACCES), the old listener untouched
   */
  async listen(port: number, host: string): Promise<void> {
    const listener = createServer({
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 20_000,
    });
    listener.on('connection', (socket) => {
      // Clients have their own limits; this one is for connections that never say who they are.
      const { maxConnections } = this.#options.settings();
      if (this.#connections.size >= maxConnections) {
        this.#options.log.warn(`the limit of ${maxConnections} RTMP connections is reached`);
        socket.destroy();
        return;
      }
      const connection = new RtmpConnection(socket, this.#options, () =>
        this.#connections.delete(connection),
      );
      this.#connections.add(connection);
    });
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen({ port, host: host || undefined, backlog: 4096 }, () => {
        listener.off('error', reject);
        resolve();
      });
    });
    // An accept that fails (too many open files) costs that one client, not the server.
    listener.on('error', (error) =>
      this.#options.log.error({ err: error }, 'RTMP listener failed'),
    );
    this.#listener?.close();
    this.#listener = listener;
    this.#pings ??= setInterval(() => {
      for (const connection of this.#connections) connection.ping();
    }, PING_INTERVAL_MS).unref();
  }

  /** Stops listening and ends all connections, each after what is queued for it, at most `graceMs`. */
  async close(graceMs: number): Promise<void> {
    clearInterval(this.#pings);
    const listener = this.#listener;
    if (!listener) return;
    this.#listener = undefined;
    const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
    for (const connection of this.#connections) connection.close(graceMs);
    await closed;
  }
}
