import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { startTestGateway } from '../helpers/gateway.ts';
import { publishNumbered } from '../helpers/numbered-publisher.ts';
import { watchHttp, watchWebSocket } from '../helpers/numbered-viewer.ts';
import { rawConnection } from '../helpers/raw-rtmp.ts';

const UPGRADE = [
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
].join('\r\n');

const requests: [name: string, request: string, status: RegExp][] = [
  ['no HTTP at all', '\u0003\u0000\u0000garbage\r\n\r\n', /^HTTP\/1\.1 400/],
  ['a header without an end', `GET / HTTP/1.1\r\nX: ${'a'.repeat(100_000)}`, /^HTTP\/1\.1 431/],
  [
    'a path out of the folder',
    'GET /live/..%2f..%2fetc%2fpasswd.flv HTTP/1.1\r\nHost: x\r\n\r\n',
    /^HTTP\/1\.1 400/,
  ],
  [
    'a name that is no UTF-8',
    'GET /live/%ff%fe.flv HTTP/1.1\r\nHost: x\r\n\r\n',
    /^HTTP\/1\.1 400/,
  ],
  [
    'a name that is too long',
    `GET /live/${'n'.repeat(200)}.flv HTTP/1.1\r\nHost: x\r\n\r\n`,
    /^HTTP\/1\.1 400/,
  ],
  ['no name', 'GET /live/.flv HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 40[04]/],
  [
    'another method',
    'DELETE /live/neighbour.flv HTTP/1.1\r\nHost: x\r\n\r\n',
    /^HTTP\/1\.1 40[45]/,
  ],
  [
    'a WebSocket handshake elsewhere',
    `GET /nothing HTTP/1.1\r\n${UPGRADE}\r\n\r\n`,
    /^HTTP\/1\.1 404/,
  ],
  [
    'a WebSocket handshake without a key',
    'GET /live/neighbour.flv HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    /^HTTP\/1\.1 400/,
  ],
];

void test('bad HTTP requests are answered with their status; a viewer beside them goes on', async (t) => {
  const server = await startTestGateway(t);
  const publisher = await publishNumbered(t, `${server.rtmp}/neighbour`);
  const viewer = await watchHttp(t, `${server.http}/live/neighbour.flv`);
  await viewer.frames.upTo(publisher.send(3));
  for (const [name, request, status] of requests) {
    await t.test(name, async (t) => {
      const client = rawConnection(t, server.gateway.ports.http);
      client.write(request);
      await client.got(12);
      assert.match(client.received.toString('latin1'), status);
      await viewer.frames.upTo(publisher.send(2));
      viewer.frames.assertGapless(0, publisher.next - 1);
    });
  }
  const sessions = server.gateway.registry.list(({ details }) => details.kind === 'play');
  assert.equal(sessions.length, 1, 'only the neighbour is still a session');
});

/** What clients may send on a WebSocket that they should only read from. */
const frames: [name: string, bytes: Buffer, code: number][] = [
  ['a frame that is not masked', Buffer.from([0x82, 0x01, 0x61]), 1002],
  ['an unknown opcode', Buffer.from([0x83, 0x80, 1, 2, 3, 4]), 1002],
  [
    'a message that claims 1 TB',
    Buffer.from([0x82, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4]),
    1009,
  ],
  ['text that is no UTF-8', Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]), 1007],
];

void test('bad WebSocket frames close that WebSocket with the protocol’s code', async (t) => {
  const server = await startTestGateway(t);
  const publisher = await publishNumbered(t, `${server.rtmp}/neighbour`);
  const url = `${server.http.replace('http', 'ws')}/live/neighbour.flv`;
  const viewer = await watchWebSocket(t, url);
  await viewer.frames.upTo(publisher.send(3));
  for (const [name, bytes, expected] of frames) {
    await t.test(name, async (t) => {
      const client = rawConnection(t, server.gateway.ports.http);
      client.write(`GET /live/neighbour.flv HTTP/1.1\r\n${UPGRADE}\r\n\r\n`);
      await server.players(2, 'neighbour');
      client.write(bytes);
      await client.closed;
      const close = Buffer.from([0x88]);
      const at = client.received.lastIndexOf(close);
      assert.equal(client.received.readUInt16BE(at + 2), expected, 'the close code');
      await viewer.frames.upTo(publisher.send(2));
      viewer.frames.assertGapless(0, publisher.next - 1);
      await server.logged(/play ended/);
    });
  }

  await t.test('messages that nobody asked for are ignored', async (t) => {
    const socket = new WebSocket(url);
    t.after(() => socket.terminate());
    await once(socket, 'open');
    socket.send('hello');
    socket.send(Buffer.alloc(1000));
    socket.ping();
    await once(socket, 'pong');
    await viewer.frames.upTo(publisher.send(2));
    assert.equal(socket.readyState, WebSocket.OPEN);
  });

  await t.test('a refused name is told by close code and reason', async (t) => {
    const socket = new WebSocket(url.replace('neighbour', 'a%20b'));
    t.after(() => socket.terminate());
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    assert.equal(code, 4400);
    assert.match(reason.toString(), /"a b"/);
  });
});
