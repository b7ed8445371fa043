import Fastify, { type FastifyInstance } from 'fastify';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { HttpListener, type TlsFiles } from './http-listener.ts';

/** Takes a WebSocket handshake; answers false when the path is none of its business. */
export type UpgradeHandler = (request: IncomingMessage, socket: Socket, head: Buffer) => boolean;

/** Answers a request ahead of the routes, or returns false: then they do. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface HttpServerOptions {
  /** Whether a peer's forwarding headers are believed; asked at each request. */
  readonly trustsProxy: (address: string) => boolean;
  /** Told when a renewed certificate cannot be used. */
  readonly onTlsError: (error: unknown) => void;
}

/**
 * The HTTP side of the gateway: one fastify application, served over HTTP and, if wanted, HTTPS.
 * The rooms add their routes to `app` and their WebSocket paths by `onUpgrade`.
 */
export class HttpServer {
  readonly app: FastifyInstance;
  #plain: HttpListener;
  #secure: HttpListener;
  #upgrades: UpgradeHandler[] = [];
  #requests: RequestHandler[] = [];

  constructor({ trustsProxy, onTlsError }: HttpServerOptions) {
    this.app = Fastify({
      logger: false,
      trustProxy: trustsProxy,
      bodyLimit: 1_048_576,
      routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024 },
    });
    const setUp = (server: Server | SecureServer): void => {
      server.on('request', (request, response) => {
        if (!this.#answerAhead(request, response)) this.app.routing(request, response);
      });
      server.on('upgrade', (request, socket, head) =>
        this.#upgrade(request, socket as Socket, head),
      );
    };
    this.#plain = new HttpListener(setUp, onTlsError);
    this.#secure = new HttpListener(setUp, onTlsError);
  }

  onUpgrade(handler: UpgradeHandler): void {
    this.#upgrades.push(handler);
  }

  /**
   * For what is asked so often that the way through the routes counts. Where the handler fails, they
   * have the request, and tell of it as they do.
   */
  onRequest(handler: RequestHandler): void {
    this.#requests.push(handler);
  }

  get port(): number {
    return this.#plain.port;
  }

  /** Port of HTTPS; 0 while there is none. */
  get securePort(): number {
    return this.#secure.port;
  }

  /** Serves HTTP at an address, or moves there: see `HttpListener.listen`. */
  async listen(port: number, host: string): Promise<void> {
    await this.app.ready();
    await this.#plain.listen(port, host);
  }

  /** Serves HTTPS too, or moves there; port 0 ends it. */
  async listenSecurely(port: number, host: string, tls: TlsFiles): Promise<void> {
    await this.app.ready();
    if (port === 0) this.#secure.stop();
    else await this.#secure.listen(port, host, tls);
  }

  /** Stops listening, ends what is idle, and cuts what has not ended by itself after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    await Promise.all([this.#plain.close(graceMs), this.#secure.close(graceMs)]);
    await this.app.close();
  }

  #answerAhead(request: IncomingMessage, response: ServerResponse): boolean {
    try {
      return this.#requests.some((handler) => handler(request, response));
    } catch {
      if (!response.headersSent) return false;
      response.destroy();
      return true;
    }
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    for (const handler of this.#upgrades) if (handler(request, socket, head)) return;
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  }
}
