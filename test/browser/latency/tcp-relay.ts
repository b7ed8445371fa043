import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Scope } from '../../helpers/scope.ts';

export interface TcpRelayOptions {
  /** Share of the writes towards the client that are held up, 0 to 1, and for how long, ms. */
  stallShare: number;
  stallMs: number;
  /** What every byte towards the client waits besides, ms. */
  delayMs: number;
}

/** A network between a page and the gateway, in which TCP stalls, as it does when packets are lost. */
export interface TcpRelay {
  readonly port: number;
  /** May be changed while it runs. */
  readonly options: TcpRelayOptions;
  /** Lets nothing through to clients for so many ms; it comes afterwards, all at once. */
  stall(milliseconds: number): void;
}

export async function startTcpRelay(scope: Scope, port: number): Promise<TcpRelay> {
  const options: TcpRelayOptions = { stallShare: 0, stallMs: 200, delayMs: 0 };
  const sockets = new Set<Socket>();
  let stalledUntil = 0;

  const server = createServer({ noDelay: true }, (client) => {
    const gateway = connect({ port, host: '127.0.0.1', noDelay: true });
    /** Bytes leave in their order, so each waits for the one before. */
    let freeAt = 0;
    const timers = new Set<NodeJS.Timeout>();
    const end = (): void => {
      for (const timer of timers) clearTimeout(timer);
      client.destroy();
      gateway.destroy();
      sockets.delete(client);
      sockets.delete(gateway);
    };
    for (const socket of [client, gateway]) {
      sockets.add(socket);
      socket.on('error', end);
      socket.on('close', end);
    }
    client.on('data', (data) => gateway.write(data));
    gateway.on('data', (data) => {
      const now = performance.now();
      const held = Math.random() < options.stallShare ? options.stallMs : 0;
      freeAt = Math.max(freeAt, stalledUntil, now + options.delayMs + held);
      if (freeAt <= now) {
        client.write(data);
        return;
      }
      const timer = setTimeout(() => {
        timers.delete(timer);
        client.write(data);
      }, freeAt - now);
      timers.add(timer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    port: (server.address() as AddressInfo).port,
    options,
    stall: (milliseconds) => {
      stalledUntil = performance.now() + milliseconds;
    },
  };
}
