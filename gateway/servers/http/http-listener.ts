import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { http } from '../../ops/node-http.ts';
import { Listening } from '../listening.ts';

/** A certificate with its chain, and its private key: paths of PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** How often the certificate's files are looked at, ms: whoever renews them need not tell us. */
const WATCH_MS = 10_000;
/** How long a client may take for the TLS handshake, or for the head of a request, ms. */
const HEAD_MS = 15_000;
/** A connection that is silent for so long is probed, ms. */
const KEEP_ALIVE_MS = 20_000;

/** One address at which HTTP or HTTPS is served, and which can move. */
export class HttpListener {
  #setUp: (server: Server | SecureServer) => void;
  #onError: (error: unknown) => void;
  #listening = new Listening<Server | SecureServer>();
  #watched: TlsFiles | undefined;
  #sockets = new Set<Socket>();
  /** Connections that have said nothing yet, and the bytes that opening them took. */
  #silent = new Map<Socket, number>();

  /**
   * @param setUp gives each new server its handlers
   * @param onError is told of a renewed certificate that cannot be used; the old one stays
   */
  constructor(setUp: (server: Server | SecureServer) => void, onError: (error: unknown) => void) {
    this.#setUp = setUp;
    this.#onError = onError;
  }

  get port(): number {
    return this.#listening.port;
  }

  /**
   * Listens at an address, or moves there; connections that exist go on.
   * @param host '' listens on all addresses
   * @throws the system's error (EADDRINUSE, EACCES) or why the certificate cannot be used; then all
   *   is as it was
   */
  async listen(port: number, host: string, tls?: TlsFiles): Promise<void> {
    const pair = tls && (await readTls(tls));
    const now = this.#listening.server;
    if (now && this.#listening.isAt(port, host)) {
      if (pair) (now as SecureServer).setSecureContext(pair);
    } else {
      const server = pair
        ? createSecureServer({ ...pair, handshakeTimeout: HEAD_MS })
        : http.createServer();
      this.#prepare(server, pair ? 'secureConnection' : 'connection');
      await this.#listening.move(server, port, host);
      now?.closeIdleConnections();
    }
    this.#unwatch();
    if (tls) this.#watch(this.#listening.server as SecureServer, tls);
  }

  /** Accepts no more; the connections that there are go on. */
  stop(): Server | SecureServer | undefined {
    const server = this.#listening.stop();
    server?.closeIdleConnections();
    // Browsers open connections ahead of need; Node.js counts these as busy.
    for (const [socket, opened] of this.#silent) if (socket.bytesRead === opened) socket.destroy();
    this.#unwatch();
    return server;
  }

  /** Stops listening, ends what is idle, and cuts what has not ended by itself after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    const server = this.#listening.server;
    const closed = server && new Promise<void>((resolve) => server.once('close', resolve));
    this.stop();
    const cut = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    await closed;
    clearTimeout(cut);
    for (const socket of this.#sockets) socket.destroy();
  }

  #prepare(server: Server | SecureServer, connected: 'connection' | 'secureConnection'): void {
    // Without these a client that sends its request byte by byte holds a socket for ever.
    server.headersTimeout = HEAD_MS;
    server.requestTimeout = 0; // uploads take their time; fastify's routes bound their own bodies
    server.keepAliveTimeout = 15_000;
    server.on('connection', (socket: Socket) => {
      socket.setNoDelay(true);
      // Finds viewers that went without a word, as a telephone out of reach does.
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    // With TLS, silence before the handshake and silence after it.
    for (const event of new Set(['connection', connected])) {
      server.on(event, (socket: Socket) => {
        this.#silent.set(socket, socket.bytesRead);
        socket.on('close', () => this.#silent.delete(socket));
      });
    }
    server.on('upgrade', ({ socket }) => this.#silent.delete(socket));
    server.on('request', ({ socket }, response) => {
      this.#silent.delete(socket);
      response.on('close', () => {
        // The last answer on this connection: nothing listens for another request.
        if (!server.listening) server.closeIdleConnections();
      });
    });
    this.#setUp(server);
  }

  /** A certificate that is renewed is used for the connections that come from then on. */
  #watch(server: SecureServer, tls: TlsFiles): void {
    this.#watched = tls;
    const renew = (): void => {
      readTls(tls).then((pair) => server.setSecureContext(pair), this.#onError);
    };
    for (const path of [tls.cert, tls.key]) {
      watchFile(path, { interval: WATCH_MS, persistent: false }, renew);
    }
  }

  #unwatch(): void {
    if (this.#watched)
      for (const path of [this.#watched.cert, this.#watched.key]) unwatchFile(path);
    this.#watched = undefined;
  }
}

async function readTls({ cert, key }: TlsFiles): Promise<{ cert: Buffer; key: Buffer }> {
  try {
    const [certificate, privateKey] = await Promise.all([readFile(cert), readFile(key)]);
    const pair = { cert: certificate, key: privateKey };
    createSecureServer(pair); // a certificate and a key that do not fit are refused here
    return pair;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The certificate (tls_cert ${cert || 'is empty'}, tls_key ${key || 'is empty'}) cannot be used: ${why}.`,
      { cause: error },
    );
  }
}
