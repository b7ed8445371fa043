import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { HttpServer, type RequestHandler } from '../../../../gateway/servers/http/http-server.ts';

/** A server whose routes answer everything with `routes`, behind a handler; answers its address. */
const serve = async (t: TestContext, handler: RequestHandler): Promise<string> => {
  const http = new HttpServer({ trustsProxy: () => false, onTlsError: assert.ifError });
  http.onRequest(handler);
  http.app.get('/*', () => 'routes');
  await http.listen(0, '127.0.0.1');
  t.after(() => http.close(0));
  return `http://127.0.0.1:${http.port}`;
};

test('a handler is asked before the routes, which have what it leaves', async (t) => {
  const address = await serve(t, (request, response) => {
    if (request.url !== '/often') return false;
    response.end('handler');
    return true;
  });
  assert.equal(await (await fetch(`${address}/often`)).text(), 'handler');
  assert.equal(await (await fetch(`${address}/seldom`)).text(), 'routes');
});

test('a handler that fails takes nothing down: the routes have the request', async (t) => {
  const address = await serve(t, (request, response) => {
    if (request.url === '/halfway') response.writeHead(200, { 'content-length': 9 }).write('half');
    throw new Error('a bug');
  });
  assert.equal(await (await fetch(address)).text(), 'routes');
  await assert.rejects(async () => (await fetch(`${address}/halfway`)).text());
  assert.equal(await (await fetch(address)).text(), 'routes');
});
