import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Scope } from './scope.ts';

/** One callback as the integrator's server received it. */
export interface ReceivedCallback {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The form fields of an `application/x-www-form-urlencoded` body; empty for other bodies. */
  readonly form: Readonly<Record<string, string>>;
}

/** What to answer; `hold` waits for that promise first, `destroy` cuts the connection. */
export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly hold?: Promise<unknown>;
  readonly destroy?: boolean;
}

export interface CallbackServer {
  readonly url: string;
  /** Everything received so far, in order. */
  readonly received: readonly ReceivedCallback[];
  /** Decides the answers from now on; without one, everything is answered with 200. */
  answer(script: (callback: ReceivedCallback) => ScriptedAnswer): void;
  /** The first callback (past or to come) that fits; rejects when the time is up. */
  waitFor(
    fits: (callback: ReceivedCallback) => boolean,
    timeoutMs?: number,
  ): Promise<ReceivedCallback>;
}

/** A real HTTP server on loopback that plays the integrator's part. */
export async function startCallbackServer(scope: Scope): Promise<CallbackServer> {
  const received: ReceivedCallback[] = [];
  const watchers = new Set<() => void>();
  let script: (callback: ReceivedCallback) => ScriptedAnswer = () => ({});

  const respond = async (callback: ReceivedCallback, response: ServerResponse) => {
    const answer = script(callback);
    await answer.hold;
    if (answer.destroy === true) {
      response.destroy();
      return;
    }
    response.writeHead(answer.status ?? 200, answer.headers);
    response.end(answer.body ?? '');
  };

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const isForm = request.headers['content-type']?.startsWith(
        'application/x-www-form-urlencoded',
      );
      const callback: ReceivedCallback = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body,
        form: isForm === true ? Object.fromEntries(new URLSearchParams(body.toString('utf8'))) : {},
      };
      received.push(callback);
      for (const look of watchers) look();
      void respond(callback, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify`,
    received,
    answer(next) {
      script = next;
    },
    waitFor(fits, timeoutMs = 10_000) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const found = received.find(fits);
          if (found === undefined) return;
          watchers.delete(look);
          clearTimeout(timer);
          resolve(found);
        };
        const timer = setTimeout(() => {
          watchers.delete(look);
          const calls = received.map(({ form }) => form['call'] ?? '?').join(', ');
          reject(new Error(`no such callback in ${timeoutMs} ms; received: ${calls || 'none'}`));
        }, timeoutMs);
        watchers.add(look);
        look();
      });
    },
  };
}
