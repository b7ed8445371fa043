import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { makeTestCertificate } from '../../gateway/ops/test-certificate.ts';
import { HttpListener, type TlsFiles } from '../../gateway/servers/http/http-listener.ts';
import type { Scope } from '../helpers/scope.ts';
import { tempDir } from '../helpers/temp-dir.ts';

/** What a connection may take at a close: so long that no test passes by it. */
const GRACE_MS = 3_600_000;

interface Serving {
  readonly listener: HttpListener;
  /** The first connection, when it can carry requests. */
  readonly connection: Promise<unknown>;
  /** The first request, to be answered. */
  readonly request: Promise<ServerResponse>;
}

async function serve(tls?: TlsFiles): Promise<Serving> {
  const request = Promise.withResolvers<ServerResponse>();
  const connection = Promise.withResolvers<unknown>();
  const listener = new HttpListener((server) => {
    server.on(tls ? 'secureConnection' : 'connection', connection.resolve);
    server.on('request', (_request, response) => request.resolve(response));
  }, assert.ifError);
  await listener.listen(0, '127.0.0.1', tls);
  return { listener, connection: connection.promise, request: request.promise };
}

/** A client's connection; it is over at the end of the test. */
async function open(scope: Scope, port: number, secure: boolean) {
  const at = { port, host: '127.0.0.1' };
  const socket = secure ? connectTls({ ...at, rejectUnauthorized: false }) : connect(at);
  scope.after(() => void socket.destroy());
  await once(socket, secure ? 'secureConnect' : 'connect');
  return socket.resume();
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: gateway\r\n\r\n';

for (const scheme of ['http', 'https']) {
  suite(`closing ${scheme}`, { timeout: 20_000 }, () => {
    const secure = scheme === 'https';
    const start = async (scope: Scope) =>
      serve(secure ? await makeTestCertificate(await tempDir(scope)) : undefined);

    test('a connection that never said anything is not waited for', async (t) => {
      const { listener, connection } = await start(t);
      const client = await open(t, listener.port, secure);
      await connection;
      const closed = once(client, 'close');
      await listener.close(GRACE_MS);
      await closed;
    });

    test('a connection whose request is answered is not waited for', async (t) => {
      const { listener, request } = await start(t);
      const client = await open(t, listener.port, secure);
      client.write(REQUEST);
      (await request).end();
      await once(client, 'data');
      await listener.close(GRACE_MS);
    });

    test('a request under way is answered, and its connection ended then', async (t) => {
      const { listener, request } = await start(t);
      const client = await open(t, listener.port, secure);
      client.write(REQUEST);
      const response = await request;
      const closed = listener.close(GRACE_MS);
      response.end('whole');
      const [answer] = (await once(client, 'data')) as [Buffer];
      assert.match(answer.toString(), /^HTTP\/1\.1 200 OK[^]*whole/);
      await closed;
    });

    test('what does not end by itself is cut after the grace', async (t) => {
      const { listener, request } = await start(t);
      const client = await open(t, listener.port, secure);
      client.write(REQUEST);
      await request;
      const cut = once(client, 'close');
      await listener.close(1);
      await cut;
    });
  });
}

test('an HTTPS client that never begins to shake hands is not waited for', async (t) => {
  const { listener } = await serve(await makeTestCertificate(await tempDir(t)));
  const client = await open(t, listener.port, false);
  (await open(t, listener.port, true)).end();
  const closed = once(client, 'close');
  await listener.close(GRACE_MS);
  await closed;
});

test('an HTTPS client that never ends its handshake is cut after the grace', async (t) => {
  const { listener } = await serve(await makeTestCertificate(await tempDir(t)));
  const client = await open(t, listener.port, false);
  client.write(Buffer.of(22)); // a handshake record begins
  (await open(t, listener.port, true)).end();
  const cut = once(client, 'close');
  await listener.close(1);
  await cut;
});
