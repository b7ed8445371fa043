import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite, test, type TestContext } from 'node:test';
import { CallbackError, createPoster, formType } from '../../gateway/ams/callbacks/post.ts';
import { freePort } from '../helpers/free-port.ts';

async function serve(t: TestContext, answer: RequestListener) {
  const server: Server = createServer(answer);
  let connections = 0;
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const poster = createPoster(2);
  t.after(() => poster.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify`;
  return {
    server,
    url,
    get connections() {
      return connections;
    },
    post: (timeoutMs = 5000) => poster.post(url, formType, 'call=play', timeoutMs),
  };
}

const fails = (code: CallbackError['code']) => (error: unknown) =>
  error instanceof CallbackError && error.code === code;

suite('posting a callback', () => {
  test('one after the other over one connection', async (t) => {
    const receiver = await serve(t, (request, response) => {
      request.resume().on('end', () => response.end('thanks'));
    });
    for (let count = 0; count < 5; count++) {
      const answered = once(receiver.server, 'request');
      assert.equal((await receiver.post()).status, 200);
      const [, response] = (await answered) as [unknown, ServerResponse];
      if (!response.writableFinished) await once(response, 'finish');
      await new Promise(setImmediate);
    }
    assert.ok(receiver.connections <= 2);
  });

  test('no more connections than allowed; the rest wait for their turn', async (t) => {
    let held = 0;
    let most = 0;
    const receiver = await serve(t, (request, response) => {
      most = Math.max(most, ++held);
      setImmediate(() => {
        held--;
        request.resume();
        response.end();
      });
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => receiver.post()));
    assert.ok(answers.every(({ status }) => status === 200));
    assert.ok(most <= 2);
    assert.equal(receiver.connections, 2);
  });

  test('status and headers come back; redirects are not followed', async (t) => {
    const receiver = await serve(t, (_, response) => {
      response.writeHead(302, { Location: '/elsewhere', Filename: '/a.mp4' });
      response.end();
    });
    const { status, headers } = await receiver.post();
    assert.equal(status, 302);
    assert.equal(headers['filename'], '/a.mp4');
  });

  test('the time limit counts for waiting, connecting and answering together', async (t) => {
    let requests = 0;
    const receiver = await serve(t, () => requests++);
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => receiver.post(200)));
    assert.ok(results.every((result) => result.status === 'rejected'));
    for (const result of results) {
      assert.ok(result.status === 'rejected' && fails('callback_timeout')(result.reason));
    }
    assert.equal(requests, 2, 'those that waited for a connection did not get a time of their own');
  });

  test('a kept connection that the receiver closed is replaced without anybody noticing', async (t) => {
    let requests = 0;
    const receiver = await serve(t, (request, response) => {
      requests++;
      // The second use of a connection finds it closed.
      if (requests === 2) request.socket.destroy();
      else request.resume().on('end', () => response.end());
    });
    assert.equal((await receiver.post()).status, 200);
    await new Promise(setImmediate);
    assert.equal((await receiver.post()).status, 200);
    assert.equal(requests, 3);
  });

  test('a new connection that is cut is no answer', async (t) => {
    const receiver = await serve(t, (request) => request.socket.destroy());
    await assert.rejects(receiver.post(), fails('callback_failed'));
  });

  test('an answer without end does not hold on to its connection', async (t) => {
    const receiver = await serve(t, (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384)));
      };
      response.on('drain', more);
      more();
    });
    const closed = new Promise((resolve) => {
      receiver.server.on('connection', (socket) => socket.on('close', resolve));
    });
    assert.equal((await receiver.post()).status, 200);
    await closed;
  });

  test('nobody listens; no address', async () => {
    const poster = createPoster(1);
    const url = `http://127.0.0.1:${await freePort()}/`;
    await assert.rejects(poster.post(url, formType, '', 1000), fails('callback_failed'));
    await assert.rejects(poster.post('', formType, '', 1000), fails('callback_no_address'));
    poster.close();
  });
});
