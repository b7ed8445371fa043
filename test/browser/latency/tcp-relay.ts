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
    /** Bytes leave in their order, by one timer: timers of their own could overtake each other. */
    const held: { readonly freeAt: number; readonly data: Buffer }[] = [];
    let timer: NodeJS.Timeout | undefined;
    const pass = (): void => {
      timer = undefined;
      for (let first = held[0]; first !== undefined; first = held[0]) {
        const left = first.freeAt - performance.now();
        if (left > 0) {
          timer = setTimeout(pass, left);
          return;
        }
        client.write(first.data);
        held.shift();
      }
    };
    const end = (): void => {
      clearTimeout(timer);
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
      const lost = Math.random() < options.stallShare ? options.stallMs : 0;
      const own = performance.now() + options.delayMs + lost;
      held.push({ data, freeAt: Math.max(held.at(-1)?.freeAt ?? 0, stalledUntil, own) });
      if (timer === undefined) pass();
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
