import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readSync, writeSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pino from 'pino';
import { HandRound } from '../../../../gateway/servers/hand-round/hand-round.ts';
import { SocketSink } from '../../../../gateway/servers/socket-sink.ts';
import { handleOf } from '../../../../gateway/servers/tcp-handle.ts';

/** As many as are shared with the second thread, and some. */
const VIEWERS = 300;
const log = pino({ level: 'silent' });

interface Viewer {
  readonly socket: Socket;
  readonly client: Socket;
  readonly sink: SocketSink;
  readonly received: Buffer[];
}

describe('HandRound', { skip: availableParallelism() < 2 && 'one core: no second thread' }, () => {
  const server = createServer({ noDelay: true });
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());

  async function viewer(t: TestContext): Promise<Viewer> {
    const { port } = server.address() as { port: number };
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = connect({ port, host: '127.0.0.1' });
    const [socket] = await accepted;
    for (const end of [client, socket]) end.on('error', () => {});
    t.after(() => {
      client.destroy();
      socket.destroy();
    });
    const received: Buffer[] = [];
    client.on('data', (piece: Buffer) => received.push(piece));
    return { socket, client, sink: new SocketSink(socket), received };
  }

  async function viewers(t: TestContext): Promise<Viewer[]> {
    const all: Viewer[] = [];
    while (all.length < VIEWERS) all.push(await viewer(t));
    return all;
  }

  /** A round's bytes differ from another's in length and in each byte. */
  const batch = (round: number): Buffer => Buffer.alloc(500 + ((round * 37) % 3000), round);

  /** Rounds until the thread has taken part in some, and nothing `more` is wanted; answers what was sent. */
  async function handRound(
    rounds: HandRound,
    all: readonly Viewer[],
    more: () => boolean = () => false,
  ): Promise<Buffer> {
    const sent: Buffer[] = [];
    const sinks = all.map(({ sink }) => sink);
    const helped = rounds.helped + 1000;
    for (let round = 0; more() || round < 60 || rounds.helped < helped; round++) {
      assert.ok(round < 5000, 'the second thread has not come, or more was wanted for too long');
      const bytes = batch(round);
      sent.push(bytes);
      rounds.write(sinks, bytes);
      await nextTurn();
    }
    return Buffer.concat(sent);
  }

  async function hasReceived({ client, received }: Viewer, expected: Buffer): Promise<void> {
    let length = 0;
    for (const { byteLength } of received) length += byteLength;
    while (length < expected.length) {
      const [piece] = (await once(client, 'data')) as [Buffer];
      length += piece.length;
    }
    assert.ok(Buffer.concat(received).equals(expected), 'what was received is what was sent');
  }

  it('gives every viewer every byte once and in order', async (t) => {
    const rounds = new HandRound(log);
    const all = await viewers(t);
    const sent = await handRound(rounds, all);
    for (const one of all) await hasReceived(one, sent);
    assert.ok(rounds.helped >= 1000);
  });

  it('keeps in its place what a viewer who does not read leaves no room for', async (t) => {
    const rounds = new HandRound(log);
    const all = await viewers(t);
    const before = await handRound(rounds, all);
    // Some for each of the two threads.
    const slow = all.filter((_, index) => index % 16 === 0);
    const filled = slow.map(({ socket, client }) => {
      client.pause();
      return fill(handleOf(socket)!.fd);
    });
    let waited = 0;
    const sent = await handRound(rounds, all, () => {
      if (slow.every(({ sink }) => sink.queued > 0)) waited++;
      if (waited === 5) for (const { client } of slow) client.resume();
      return waited < 5;
    });
    for (const [index, one] of slow.entries()) {
      await hasReceived(one, Buffer.concat([before, Buffer.alloc(filled[index]!), sent]));
    }
    const others = all.filter((one) => !slow.includes(one));
    for (const one of others) await hasReceived(one, Buffer.concat([before, sent]));
  });

  it('lets go first what somebody else wrote to the socket', async (t) => {
    const rounds = new HandRound(log);
    const all = await viewers(t);
    const before = await handRound(rounds, all);
    const pong = Buffer.alloc(1_000_000, 'pong');
    const slow = all.filter((_, index) => index % 16 === 0);
    const filled = slow.map(({ socket, client, received }) => {
      client.pause();
      const size = fill(handleOf(socket)!.fd);
      socket.write(pong);
      assert.ok(socket.writableLength > 0, 'it waits');
      // There is room again, before libuv has heard of it.
      const zeros = Buffer.alloc(size);
      received.push(zeros.subarray(0, readSync(handleOf(client)!.fd, zeros)));
      return size;
    });
    const sent = await handRound(rounds, all);
    for (const { client } of slow) client.resume();
    for (const [index, one] of slow.entries()) {
      await hasReceived(one, Buffer.concat([before, Buffer.alloc(filled[index]!), pong, sent]));
    }
  });

  it('never writes to whoever has the number of a socket that closed', async (t) => {
    const rounds = new HandRound(log);
    const all = await viewers(t);
    await handRound(rounds, all);
    const numbers = new Set<number>();
    for (const { socket, client } of all.slice(100, 140)) {
      numbers.add(handleOf(socket)!.fd);
      socket.destroy();
      client.destroy();
    }
    const others: Viewer[] = [];
    while (others.length < 40) others.push(await viewer(t));
    const taken = others.flatMap(({ socket, client }) =>
      [socket, client].map((end) => handleOf(end)!.fd),
    );
    assert.ok(
      taken.some((number) => numbers.has(number)),
      'a number is in use again',
    );
    let strays = 0;
    for (const { socket, client } of others) {
      for (const end of [socket, client]) end.on('data', () => strays++);
    }
    await handRound(rounds, all);
    assert.equal(strays, 0);
  });
});

/** Writes zeros until the system takes no more; answers how many. */
function fill(descriptor: number): number {
  const zeros = Buffer.alloc(65_536);
  for (let size = zeros.length, filled = 0; ;) {
    try {
      filled += writeSync(descriptor, zeros, 0, size);
    } catch {
      if (size === 1) return filled;
      size >>= 1;
    }
  }
}
