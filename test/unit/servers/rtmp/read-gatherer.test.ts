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
    gatherer.rest(socket, 100);
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
    gatherer.rest(socket, 100);
    await arrived(t, peer, 'one');
    assert.deepEqual(received, []);
    const read = once(socket, 'data');
    gatherer.wake(socket);
    await read;
    assert.deepEqual(received, ['one']);
  });

  test('a full read has more behind it, and few connections need no gathering', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const many = new ReadGatherer(() => 100);
    const few = new ReadGatherer(() => 3);
    const { peer, socket, received } = await pair(t);
    many.rest(socket, 65_536);
    few.rest(socket, 100);
    const read = once(socket, 'data');
    peer.write('now');
    await read;
    assert.deepEqual(received, ['now']);
  });

  test('a socket that ended while it rested is let go', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] });
    const gatherer = new ReadGatherer(() => 100);
    const { socket } = await pair(t);
    gatherer.rest(socket, 100);
    socket.destroy();
    t.mock.timers.tick(200);
    gatherer.wake(socket);
  });
});
