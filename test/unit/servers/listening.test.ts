import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { suite, test, type TestContext } from 'node:test';
import { Listening } from '../../../gateway/servers/listening.ts';

function echo(t: TestContext, word: string): Server {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('data', () => socket.write(word));
  });
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return server;
}

async function ask(socket: Socket): Promise<string> {
  socket.write('?');
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString();
}

async function join(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

suite('listening', () => {
  test('moves to another port; connections that exist go on, the old port is closed', async (t) => {
    const listening = new Listening();
    await listening.move(echo(t, 'old'), 0, '127.0.0.1');
    const oldPort = listening.port;
    assert.equal(listening.isAt(oldPort, '127.0.0.1'), true);
    const stays = await join(t, oldPort);
    await listening.move(echo(t, 'new'), 0, '127.0.0.1');
    assert.equal(await ask(stays), 'old');
    assert.equal(await ask(await join(t, listening.port)), 'new');
    await assert.rejects(join(t, oldPort), { code: 'ECONNREFUSED' });
  });

  test('moves to another address of the same port', async (t) => {
    const listening = new Listening();
    await listening.move(echo(t, 'old'), 0, '127.0.0.1');
    const { port } = listening;
    const stays = await join(t, port);
    await listening.move(echo(t, 'new'), port, '');
    assert.equal(listening.isAt(port, ''), true);
    assert.equal(await ask(stays), 'old');
    assert.equal(await ask(await join(t, port)), 'new');
  });

  test('stays where it is when the new address is taken', async (t) => {
    const taken = echo(t, 'somebody');
    await once(taken.listen(0, '127.0.0.1'), 'listening');
    const { port: takenPort } = taken.address() as { port: number };
    const listening = new Listening();
    await listening.move(echo(t, 'old'), 0, '127.0.0.1');
    const { port } = listening;
    await assert.rejects(listening.move(echo(t, 'new'), takenPort, '127.0.0.1'), {
      code: 'EADDRINUSE',
    });
    assert.equal(await ask(await join(t, port)), 'old');
  });

  test('takes its old address again when another address of the port cannot be had', async (t) => {
    const listening = new Listening();
    await listening.move(echo(t, 'old'), 0, '127.0.0.1');
    const { port } = listening;
    // An address of nobody's (RFC 5737): it cannot be listened on.
    await assert.rejects(listening.move(echo(t, 'new'), port, '192.0.2.200'), {
      code: 'EADDRNOTAVAIL',
    });
    assert.equal(listening.port, port);
    assert.equal(await ask(await join(t, port)), 'old');
  });

  test('stops', async (t) => {
    const listening = new Listening();
    await listening.move(echo(t, 'old'), 0, '127.0.0.1');
    const { port } = listening;
    listening.stop();
    assert.equal(listening.port, 0);
    await assert.rejects(join(t, port), { code: 'ECONNREFUSED' });
  });
});
