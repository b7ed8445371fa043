import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Scope } from './scope.ts';

/** A callback receiver that can be killed and brought back at the same address. */
export interface RestartableReceiver {
  readonly url: string;
  /** The forms of everything that it answered, in order. */
  readonly forms: readonly Readonly<Record<string, string>>[];
  /** TCP connections accepted so far. */
  readonly connections: number;
  /** Time before each answer, ms; Infinity: never answers. */
  delay: number;
  /** Closes the port and cuts every connection; what was not answered is not in `forms`. */
  kill(): Promise<void>;
  revive(): Promise<void>;
}

export async function startRestartableReceiver(scope: Scope): Promise<RestartableReceiver> {
  const forms: Readonly<Record<string, string>>[] = [];
  let connections = 0;
  let server: Server;
  let port = 0;

  const listen = async () => {
    server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        if (self.delay === Infinity) return;
        setTimeout(() => {
          if (response.destroyed) return;
          forms.push(Object.fromEntries(new URLSearchParams(Buffer.concat(parts).toString())));
          response.end();
        }, self.delay);
      });
    });
    server.on('connection', () => connections++);
    server.listen(port, '127.0.0.1', 4096);
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  };
  const kill = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  scope.after(kill);

  const self = {
    url: '',
    forms,
    get connections() {
      return connections;
    },
    delay: 0,
    kill,
    revive: listen,
  };
  await listen();
  self.url = `http://127.0.0.1:${port}/notify`;
  return self;
}
