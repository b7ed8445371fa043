import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { DatagramSender } from '../../../../gateway/servers/webrtc/datagram-sender.ts';

const open = async (t: TestContext): Promise<Socket> => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const closed = once(socket, 'close');
  t.after(async () => {
    socket.close();
    await closed;
  });
  return socket;
};

interface Sent {
  readonly request: object;
  readonly memory: Uint8Array;
  readonly rest: readonly unknown[];
}

/** A socket whose handle answers with `results`, one after the other, and whose queue is `queued`. */
const fakeSocket = (results: number[], queued: () => number): { socket: Socket; sent: Sent[] } => {
  const sent: Sent[] = [];
  const handle = {
    send: (request: object, list: Uint8Array[], ...rest: unknown[]) => {
      sent.push({ request, memory: list[0]!, rest });
      return results.shift()!;
    },
  };
  const socket = { [Symbol('state symbol')]: { handle }, getSendQueueSize: queued };
  return { socket: socket as unknown as Socket, sent };
};

test('datagrams reach whom they are for, from a socket for all and from a connected one', async (t) => {
  const [one, two, shared, connected] = [
    await open(t),
    await open(t),
    await open(t),
    await open(t),
  ];
  connected.connect(two.address().port, '127.0.0.1');
  await once(connected, 'connect');
  const atOne = once(one, 'message');
  const atTwo = once(two, 'message');
  const memory = Buffer.from('first');
  new DatagramSender(shared).send(memory, { address: '127.0.0.1', port: one.address().port });
  memory.write('other');
  new DatagramSender(connected).send(memory, undefined);
  assert.equal(String((await atOne)[0]), 'first');
  assert.equal(String((await atTwo)[0]), 'other');
});

test('a closed socket sends nothing and does not complain', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const sender = new DatagramSender(socket);
  socket.close();
  sender.send(Buffer.from('late'), { address: '127.0.0.1', port: 9 });
});

test('while datagrams wait for the kernel, later ones are copied and requests are not shared', () => {
  let queued = 0;
  const { socket, sent } = fakeSocket([5, 0, 0, 5, 5], () => queued);
  const sender = new DatagramSender(socket);
  const memory = Buffer.from('data');
  for (queued of [0, 0, 8, 9_000_000, 0, 0]) sender.send(memory, undefined);
  assert.deepEqual(
    sent.map((one) => one.memory === memory),
    [true, true, false, true, true],
    'the fourth was dropped, as too much waited',
  );
  const [first, waiting, copied, later] = sent.map(({ request }) => request);
  assert.equal(first, waiting);
  assert.notEqual(waiting, copied);
  assert.notEqual(copied, later);
  assert.deepEqual(sent[0]!.rest, [1, false]);
});

test('a socket without a known handle is sent to in the usual way', () => {
  const calls: unknown[][] = [];
  const socket = { getSendQueueSize: () => 0, send: (...args: unknown[]) => calls.push(args) };
  const sender = new DatagramSender(socket as unknown as Socket);
  const memory = Buffer.from('data');
  sender.send(memory, undefined);
  sender.send(memory, { address: '::1', port: 7 });
  assert.deepEqual(calls, [[memory], [memory, 7, '::1']]);
});
