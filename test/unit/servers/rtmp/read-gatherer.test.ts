import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { suite, test, type TestContext } from 'node:test';
import { ReadGatherer } from '../../../../gateway/servers/rtmp/read-gatherer.ts';

/** Two ends of a connection; `received` is what came to `socket`, read by read. */
async function pair(t: TestContext): Promise<{ peer: Socket; socket: Socket; received: string[] }> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const peer = connect((server.address() as { port: number }).port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  t.after(() => {
    peer.destroy();
    socket.destroy();
    server.close();
  });
  const received: string[] = [];
  socket.on('data', (data: Buffer) => received.push(data.toString()));
  return { peer, socket, received };
}

/** Sends and hears back over another connection, so that what was sent has arrived. */
async function arrived(t: TestContext, peer: Socket, text: string): Promise<void> {
  await new Promise((resolve) => peer.write(text, resolve));
  const other = await pair(t);
  other.peer.write('ping');
  await once(other.socket, 'data');
}

suite('read gatherer', () => {
  test('what comes while a socket rests is read in one go, within the cycle', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const gatherer = new ReadGatherer(() => 100);
    const { peer, socket, received } = await pair(t);
    gatherer.rest(socket, 100, false);
    await arrived(t, peer, 'one ');
    await arrived(t, peer, 'two');
    assert.deepEqual(received, []);
    const read = once(socket, 'data');
    t.mock.timers.tick(100);
    await read;
    assert.deepEqual(received, ['one two']);
  });

  test('a socket that somebody waits for is read at once', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const gatherer = new ReadGatherer(() => 100);
    const { peer, socket, received } = await pair(t);
    gatherer.rest(socket, 100, false);
    await arrived(t, peer, 'one');
    assert.deepEqual(received, []);
    const read = once(socket, 'data');
    gatherer.wake(socket);
    await read;
    assert.deepEqual(received, ['one']);
  });

  test('a full read has more behind it, and few publishers need no gathering', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const many = new ReadGatherer(() => 100);
    const few = new ReadGatherer(() => 3);
    const { peer, socket, received } = await pair(t);
    many.rest(socket, 65_536, false);
    few.rest(socket, 100, false);
    const read = once(socket, 'data');
    peer.write('now');
    await read;
    assert.deepEqual(received, ['now']);
  });

  test('a watched stream rests only while the process is busy, and for a short time', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    let level = 0;
    const gatherer = new ReadGatherer(() => 1, { level: () => level });
    const { peer, socket, received } = await pair(t);
    gatherer.rest(socket, 100, true);
    const first = once(socket, 'data');
    peer.write('at once');
    await first;
    level = 4;
    gatherer.rest(socket, 100, true);
    await arrived(t, peer, 'and ');
    await arrived(t, peer, 'later');
    t.mock.timers.tick(30);
    assert.deepEqual(received, ['at once']);
    const second = once(socket, 'data');
    t.mock.timers.tick(10);
    await second;
    assert.deepEqual(received, ['at once', 'and later']);
  });

  test('a socket that ended while it rested is let go', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const gatherer = new ReadGatherer(() => 100);
    const { socket } = await pair(t);
    gatherer.rest(socket, 100, false);
    socket.destroy();
    t.mock.timers.tick(200);
    gatherer.wake(socket);
  });
});
