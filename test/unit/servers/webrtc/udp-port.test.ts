import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { bindUdp } from '../../../../gateway/servers/webrtc/udp-port.ts';
import { until } from '../../../helpers/until.ts';

/** UDP sockets that this process has open. */
const sockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length;

const openClient = async (t: TestContext): Promise<{ socket: Socket; got: string[] }> => {
  const socket = createSocket('udp4');
  const got: string[] = [];
  socket.on('message', (bytes, { port }) => got.push(`${bytes.toString()} from ${port}`));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  return { socket, got };
};

test('a settled peer has a socket of its own on the same port, and gives it back', async (t) => {
  const came: string[] = [];
  const port = await bindUdp('udp4', 0, '127.0.0.1', (bytes, _address, from) =>
    came.push(`${bytes.toString()} from ${from}`),
  );
  t.after(() => port.close());
  const [peer, stranger] = [await openClient(t), await openClient(t)];
  const numbers = [peer, stranger].map(({ socket }) => socket.address().port);
  const path = port.pathTo({ address: '127.0.0.1', port: numbers[0]! });
  path.send(Buffer.from('one'));
  const before = sockets();
  path.settle?.();
  path.settle?.();
  await until(() => sockets() === before + (process.platform === 'linux' ? 1 : 0));
  path.send(Buffer.from('two'));
  await until(() => peer.got.length === 2);
  assert.deepEqual(peer.got, [`one from ${port.port}`, `two from ${port.port}`]);

  peer.socket.send('mine', port.port, '127.0.0.1');
  stranger.socket.send('hello', port.port, '127.0.0.1');
  await until(() => came.length === 2);
  assert.deepEqual(came.toSorted(), [`hello from ${numbers[1]}`, `mine from ${numbers[0]}`]);

  path.close?.();
  await until(() => sockets() === before);
  path.send(Buffer.from('three'));
  await until(() => peer.got.length === 3);
});

test('a path that is closed while its socket is made leaves none behind', async (t) => {
  await until(() => sockets() === 0);
  const port = await bindUdp('udp4', 0, '127.0.0.1', () => {});
  const { socket } = await openClient(t);
  const before = 2; // the port's and the client's; closed ones are counted for a turn
  await until(() => sockets() === before);
  const paths = [1, 2, 3].map(() =>
    port.pathTo({ address: '127.0.0.1', port: socket.address().port }),
  );
  for (const path of paths) path.settle?.();
  for (const path of paths) path.close?.();
  await until(() => sockets() === before);
  for (const path of paths) path.settle?.();
  await port.close();
  await until(() => sockets() === before - 1);
});

test('a port that another program has is refused', async (t) => {
  const port = await bindUdp('udp4', 0, '127.0.0.1', () => {});
  t.after(() => port.close());
  await assert.rejects(
    bindUdp('udp4', port.port, '127.0.0.1', () => {}),
    { code: 'EADDRINUSE' },
  );
});
