import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { SocketSink } from '../../../gateway/servers/socket-sink.ts';

describe('SocketSink', () => {
  const server = createServer();
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());

  /** A server's socket and the client at its other end. */
  async function pair(): Promise<{ socket: Socket; client: Socket }> {
    const { port } = server.address() as { port: number };
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = connect({ port, host: '127.0.0.1' });
    const [socket] = await accepted;
    client.on('error', () => {});
    return { socket, client };
  }

  const numbered = (index: number, size: number): Buffer => Buffer.alloc(size, index % 251);

  /** Reads until the other side ends; answers the bytes. */
  async function readAll(client: Socket): Promise<Buffer> {
    const pieces: Buffer[] = [];
    client.on('data', (piece) => pieces.push(piece)).resume();
    await once(client, 'end');
    return Buffer.concat(pieces);
  }

  it('keeps the order of bytes that the system took late, whichever way they went', async () => {
    const { socket, client } = await pair();
    const sink = new SocketSink(socket);
    const sent: Buffer[] = [];
    const send = (bytes: Buffer, way: (bytes: Buffer) => void): void => {
      sent.push(bytes);
      way(bytes);
    };
    client.pause();
    // Nobody reads: what the buffers do not hold is queued.
    for (let index = 0; sink.queued < 3_000_000; index++) {
      const bytes = numbered(index, 10_000);
      if (index === 0) send(bytes, (piece) => socket.write(piece));
      else if (index % 7 === 5) send(bytes, (piece) => sink.writeAll([piece]));
      else send(bytes, (piece) => sink.write(piece));
    }
    const reading = readAll(client);
    socket.end();
    assert.deepEqual(await reading, Buffer.concat(sent));
    assert.equal(sink.queued, 0);
    client.destroy();
  });

  it('counts what the system has not taken, until it has', async () => {
    const { socket, client } = await pair();
    const sink = new SocketSink(socket);
    client.pause();
    sink.write(numbered(1, 1000));
    assert.equal(sink.queued, 0);
    const big = numbered(2, 30_000_000);
    sink.write(big);
    const { queued } = sink;
    assert.ok(queued > 0, 'something waits');
    sink.write(numbered(3, 1000));
    assert.equal(sink.queued, queued + 1000);
    const reading = readAll(client);
    socket.end();
    assert.equal((await reading).length, 30_002_000);
    assert.equal(sink.queued, 0);
    client.destroy();
  });

  it('leaves broken and ended sockets to themselves', async () => {
    const { socket, client } = await pair();
    const sink = new SocketSink(socket);
    const errors: string[] = [];
    socket.on('error', ({ message }) => errors.push(message));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    client.pause();
    sink.write(numbered(1, 30_000_000));
    client.resetAndDestroy();
    await closed;
    sink.write(numbered(2, 1000));
    assert.equal(sink.queued, 0);

    const second = await pair();
    second.socket.on('error', ({ message }) => errors.push(message));
    second.socket.end();
    const ended = new SocketSink(second.socket);
    ended.write(numbered(3, 1000));
    second.client.resume();
    await once(second.client, 'end');
    second.client.destroy();
    assert.ok(!errors.includes('write after end'), 'what comes after the end is dropped');
  });
});
