import Fastify, { type FastifyInstance } from 'fastify';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** Takes a WebSocket handshake; answers false when the path is none of its business. */
export type UpgradeHandler = (request: IncomingMessage, socket: Socket, head: Buffer) => boolean;

export interface HttpServerOptions {
  /** Whether a peer's forwarding headers are believed; asked at each request. */
  readonly trustsProxy: (address: string) => boolean;
}

/**
 * The HTTP side of the gateway: one fastify application, served by one listener that can move.
 * The rooms add their routes to `app` and their WebSocket paths by `onUpgrade`.
 */
export class HttpServer {
  readonly app: FastifyInstance;
  #listener: Server | undefined;
  #upgrades: UpgradeHandler[] = [];
  #sockets = new Set<Socket>();

  constructor({ trustsProxy }: HttpServerOptions) {
    this.app = Fastify({
      logger: false,
      trustProxy: trustsProxy,
      bodyLimit: 1_048_576,
      routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024 },
    });
  }

  onUpgrade(handler: UpgradeHandler): void {
    this.#upgrades.push(handler);
  }

  get port(): number {
    return (this.#listener?.address() as AddressInfo | null)?.port ?? 0;
  }

  /**
   * Listens at an address; when it listens elsewhere already, moves: the new address first, then
   * the old one is given up, while the connections that it accepted go on.
   * @param host '' listens on all addresses
   * @throws the system's error (EADDRINUSE, EACCES), the old listener untouched
   */
  async listen(port: number, host: string): Promise<void> {
    await this.app.ready();
    const listener = createServer((request, response) => this.app.routing(request, response));
    // Without these a client that sends its request byte by byte holds a socket for ever.
    listener.headersTimeout = 15_000;
    listener.requestTimeout = 0; // uploads take their time; fastify's routes bound their own bodies
    listener.keepAliveTimeout = 15_000;
    listener.on('connection', (socket: Socket) => {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    listener.on('upgrade', (request, socket, head) =>
      this.#upgrade(request, socket as Socket, head),
    );
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen({ port, host: host || undefined, backlog: 4096 }, () => {
        listener.off('error', reject);
        resolve();
      });
    });
    const before = this.#listener;
    this.#listener = listener;
    before?.close();
    before?.closeIdleConnections();
  }

  /** Stops listening, ends what is idle, and cuts what has not ended by itself after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    const listener = this.#listener;
    if (!listener) return;
    this.#listener = undefined;
    const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
    listener.closeIdleConnections();
    const cut = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    await closed;
    clearTimeout(cut);
    for (const socket of this.#sockets) socket.destroy();
    await this.app.close();
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    for (const handler of this.#upgrades) if (handler(request, socket, head)) return;
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  }
}
