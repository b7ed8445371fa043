import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect as connectTcp, Socket } from 'node:net';
import { suite, test, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { MessageType } from '../../../../gateway/protocols/rtmp/message.ts';
import { connect } from '../../../../gateway/relay/rtmp-client.ts';
import { refused } from '../../../../gateway/sessions/admission.ts';
import { FlvDemuxer, type FlvTag } from '../../../../shared/flv/demuxer.ts';
import { startTestGateway, type TestGateway } from '../../../helpers/gateway.ts';

const config = Buffer.from('17000000000142c01effe1000467640029010001', 'hex');
const key = Buffer.from('1701000000000000016500', 'hex');

/** Publishes a key frame as `lesson`; answers how to say goodbye. */
async function publish(t: TestContext, server: TestGateway): Promise<() => void> {
  const publisher = await connect(`${server.rtmp}/lesson`);
  t.after(() => publisher.close());
  const id = await publisher.publish();
  publisher.sendMedia(MessageType.video, 0, config, id);
  publisher.sendMedia(MessageType.video, 0, key, id);
  await publisher.call('getStreamLength', 'lesson');
  return () => publisher.tell(0, 'deleteStream', id);
}

const tagsOf = (bytes: Uint8Array): FlvTag[] => [...new FlvDemuxer().push(bytes)];

suite('FLV server', () => {
  test('HTTP-FLV starts from the cache and ends cleanly with the stream', async (t) => {
    const server = await startTestGateway(t);
    const goodbye = await publish(t, server);
    const response = await fetch(`${server.http}/live/lesson.flv`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'video/x-flv');
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    await server.players(1);
    goodbye();
    const bytes = Buffer.from(await response.arrayBuffer());
    assert.deepEqual(
      tagsOf(bytes).map(({ body }) => Buffer.from(body)),
      [config, key],
    );
    assert.deepEqual(server.gateway.registry.list(), []);
  });

  test('a viewer may come before the publisher', async (t) => {
    const server = await startTestGateway(t);
    const response = await fetch(`${server.http}/live/lesson.flv?user=u&token=t`);
    const [session] = server.gateway.registry.list();
    assert.deepEqual(session!.details.args, [
      ['user', 'u'],
      ['token', 't'],
    ]);
    assert.equal(session!.details.uri, '/live/lesson.flv');
    const goodbye = await publish(t, server);
    goodbye();
    assert.equal(tagsOf(Buffer.from(await response.arrayBuffer())).length, 2);
  });

  test('HTTP/1.0 gets the bytes without chunks', async (t) => {
    const server = await startTestGateway(t);
    const goodbye = await publish(t, server);
    const socket = connectTcp(Number(new URL(server.http).port), '127.0.0.1');
    socket.write('GET /live/lesson.flv HTTP/1.0\r\n\r\n');
    const pieces: Buffer[] = [];
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    await server.players(1);
    goodbye();
    await once(socket, 'close');
    const all = Buffer.concat(pieces);
    const body = all.subarray(all.indexOf('\r\n\r\n') + 4);
    assert.doesNotMatch(all.toString('latin1', 0, 400), /transfer-encoding/i);
    assert.equal(tagsOf(body).length, 2);
  });

  test('WebSocket-FLV sends the same in messages, and closes with the stream', async (t) => {
    const server = await startTestGateway(t);
    const goodbye = await publish(t, server);
    const socket = new WebSocket(`${server.http.replace('http', 'ws')}/live/lesson.flv`);
    const pieces: Buffer[] = [];
    socket.on('message', (piece: Buffer) => pieces.push(piece));
    await once(socket, 'message');
    socket.ping();
    await once(socket, 'pong');
    goodbye();
    const [code, text] = (await once(socket, 'close')) as [number, Buffer];
    assert.deepEqual([code, text.toString()], [1000, 'The publisher left.']);
    assert.deepEqual(
      tagsOf(Buffer.concat(pieces)).map(({ body }) => Buffer.from(body)),
      [config, key],
    );
  });

  test('a page that closes is gone at once', async (t) => {
    const server = await startTestGateway(t);
    await publish(t, server);
    const socket = new WebSocket(`${server.http.replace('http', 'ws')}/live/lesson.flv`);
    await once(socket, 'message');
    socket.terminate();
    await server.logged(/play ended: .*protocol=ws-flv/);
  });

  test('a connection that is refused again and again holds nothing of it', async (t) => {
    const server = await startTestGateway(t);
    server.gateway.registry.addCheck(async () => refused('forbidden', 'Not you.'));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const warnings: Error[] = [];
    const warned = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warned);
    t.after(() => process.off('warning', warned));
    for (let time = 0; time < 15; time++) {
      const [response] = (await once(
        get(`${server.http}/live/lesson.flv`, { agent }),
        'response',
      )) as [IncomingMessage];
      assert.equal(response.statusCode, 403);
      await once(response.resume(), 'end');
    }
    // Warnings are told in a turn of their own.
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(warnings, []);
  });

  test('a viewer that goes without a word is looked for', async (t) => {
    const keepAlive = t.mock.method(Socket.prototype, 'setKeepAlive');
    const server = await startTestGateway(t);
    const asked = keepAlive.mock.callCount();
    const socket = connectTcp(Number(new URL(server.http).port), '127.0.0.1');
    t.after(() => void socket.destroy());
    socket.write('GET /live/lesson.flv HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    const calls = keepAlive.mock.calls.slice(asked).map((call) => call.arguments);
    assert.deepEqual(calls, [[true, 20_000]]);
  });

  test('refusals are told as HTTP and as WebSocket tell them', async (t) => {
    const server = await startTestGateway(t, { max_client: 1 });
    const bad = await fetch(`${server.http}/live/a%2Fb.flv`);
    assert.equal(bad.status, 400);
    assert.match(await bad.text(), /other characters/);
    assert.equal((await fetch(`${server.http}/live/lesson.txt`)).status, 404);

    const first = new AbortController();
    await fetch(`${server.http}/live/lesson.flv`, { signal: first.signal });
    const full = await fetch(`${server.http}/live/lesson.flv`);
    assert.equal(full.status, 503);
    first.abort();
    await server.logged(/play ended/);

    server.gateway.registry.addCheck(async () => refused('forbidden', 'The token is wrong.'));
    const denied = await fetch(`${server.http}/live/lesson.flv`);
    assert.deepEqual([denied.status, await denied.text()], [403, 'The token is wrong.\n']);
    const socket = new WebSocket(`${server.http.replace('http', 'ws')}/live/lesson.flv`);
    const [code, text] = (await once(socket, 'close')) as [number, Buffer];
    assert.deepEqual([code, text.toString()], [4403, 'The token is wrong.']);
  });

  test('HEAD and OPTIONS say what there is without a session', async (t) => {
    const server = await startTestGateway(t);
    const head = await fetch(`${server.http}/live/lesson.flv`, { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('content-type')], [200, 'video/x-flv']);
    const options = await fetch(`${server.http}/live/lesson.flv`, { method: 'OPTIONS' });
    assert.deepEqual(
      [options.status, options.headers.get('access-control-allow-origin')],
      [204, '*'],
    );
    assert.deepEqual(server.gateway.registry.list(), []);
  });
});
