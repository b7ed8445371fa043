import { createServer, type Server } from 'node:net';
import { Listening } from '../listening.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { RtmpConnection } from './connection.ts';
import { ReadGatherer } from './read-gatherer.ts';

/**
 * Pings keep idle connections alive in NAT tables, and find peers that are gone. Each connection is
 * sent one in so many seconds: a thousand at once would hold the media up.
 */
const PING_SECONDS = 30;

/** Accepts RTMP connections at one address, which can move. */
export class RtmpServer {
  #options: ConnectionOptions;
  #gatherer: ReadGatherer;
  #listening = new Listening<Server>();
  #connections = new Set<RtmpConnection>();
  #pings: NodeJS.Timeout | undefined;
  #second = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#gatherer = new ReadGatherer(() => options.registry.publishing);
  }

  get port(): number {
    return this.#listening.port;
  }

  /** Listens at an address, or moves there: see `Listening.move`. */
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
      const connection = new RtmpConnection(socket, this.#options, this.#gatherer, () =>
        this.#connections.delete(connection),
      );
      this.#connections.add(connection);
    });
    // An accept that fails (too many open files) costs that one client, not the server.
    listener.on('error', (error) =>
      this.#options.log.error({ err: error }, 'RTMP listener failed'),
    );
    await this.#listening.move(listener, port, host);
    this.#pings ??= setInterval(() => this.#pingSome(), 1000).unref();
  }

  #pingSome(): void {
    this.#second = (this.#second + 1) % PING_SECONDS;
    for (const connection of this.#connections) {
      if (connection.clientId % PING_SECONDS === this.#second) connection.ping();
    }
  }

  /** Stops listening and ends all connections, each after what is queued for it, at most `graceMs`. */
  async close(graceMs: number): Promise<void> {
    clearInterval(this.#pings);
    const listener = this.#listening.server;
    if (!listener) return;
    const closed = new Promise<void>((resolve) => listener.once('close', resolve));
    this.#listening.stop();
    for (const connection of this.#connections) connection.close(graceMs);
    await closed;
  }
}
