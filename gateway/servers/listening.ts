import type { AddressInfo, Server } from 'node:net';

/** Connections that the system keeps until they are accepted. */
const BACKLOG = 4096;

/**
 * A place where a server listens, and which can move while connections go on.
 *
 * Mostly the new address is taken first and the old one given up then, so that nobody finds a
 * closed door. Another address of the same port can only be had the other way round.
 */
export class Listening<S extends Server> {
  #server: S | undefined;
  #at = { port: 0, host: '' };

  get server(): S | undefined {
    return this.#server;
  }

  get port(): number {
    return (this.#server?.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Whether it listens at just this address now. */
  isAt(port: number, host: string): boolean {
    return this.#server !== undefined && this.port === port && this.#at.host === host;
  }

  /**
   * Listens with a new server, and gives up the old one's address.
   * @param host '' listens on all addresses
   * @throws the system's error (EADDRINUSE, EACCES); then all is as it was
   */
  async move(server: S, port: number, host: string): Promise<void> {
    const before = this.#server;
    const inTheWay = before !== undefined && port !== 0 && this.port === port;
    const at = { port: this.port, host: this.#at.host };
    if (inTheWay) before.close();
    try {
      await listen(server, port, host);
    } catch (error) {
      if (inTheWay) await listen(before, at.port, at.host);
      throw error;
    }
    if (!inTheWay) before?.close();
    this.#server = server;
    this.#at = { port, host };
  }

  /** Accepts no more; the connections that there are go on. */
  stop(): S | undefined {
    const server = this.#server;
    this.#server = undefined;
    server?.close();
    return server;
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: host || undefined, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
