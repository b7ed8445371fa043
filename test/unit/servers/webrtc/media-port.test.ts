import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { FrameReader } from '../../../../gateway/protocols/stun/framing.ts';
import { buildStun, parseStun, stunTypes } from '../../../../gateway/protocols/stun/message.ts';
import { createDtlsIdentity } from '../../../../gateway/servers/webrtc/dtls-identity.ts';
import { MediaPort } from '../../../../gateway/servers/webrtc/media-port.ts';
import { Peer } from '../../../../gateway/servers/webrtc/peer.ts';
import { frameHeader } from '../../../helpers/stun.ts';
import { until } from '../../../helpers/until.ts';

const setUp = async (t: TestContext) => {
  const port = new MediaPort(() => 0);
  await port.open(0, '127.0.0.1');
  t.after(() => port.close());
  const identity = await createDtlsIdentity();
  const join = (): Peer => {
    const peer: Peer = new Peer(
      {
        identity,
        fingerprints: [identity.fingerprint],
        remoteIce: { ufrag: 'them', password: 'theirs' },
        clock: () => 0,
      },
      {
        onConnected: () => {},
        onPathGone: (path) => port.forget(peer, path),
        onRtcp: () => {},
        onClosed: () => port.remove(peer),
      },
    );
    port.add(peer);
    return peer;
  };
  return { port, join };
};

interface Client {
  readonly number: number;
  readonly arrived: readonly Buffer[];
  send(datagram: Buffer): void;
}

const overUdp = async (t: TestContext, port: MediaPort): Promise<Client> => {
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const arrived: Buffer[] = [];
  socket.on('message', (datagram) => arrived.push(datagram));
  return {
    number: socket.address().port,
    arrived,
    send: (datagram) => socket.send(datagram, port.port, '127.0.0.1'),
  };
};

const overTcp = async (t: TestContext, port: MediaPort, localPort: number): Promise<Client> => {
  const socket = connect({ port: port.port, host: '127.0.0.1', localPort });
  t.after(() => socket.destroy());
  socket.on('error', () => {});
  const arrived: Buffer[] = [];
  const reader = new FrameReader((frame) => arrived.push(Buffer.from(frame)));
  socket.on('data', (chunk) => reader.push(chunk));
  await once(socket, 'connect');
  return {
    number: localPort,
    arrived,
    send: (datagram) => socket.write(Buffer.concat([frameHeader(datagram.length), datagram])),
  };
};

const checkOf = (peer: Peer): Buffer =>
  buildStun({
    type: stunTypes.bindingRequest,
    transactionId: randomBytes(12),
    username: `${peer.ice.ufrag}:them`,
    controlling: 1n,
    useCandidate: true,
    password: peer.ice.password,
  });

const has = ({ arrived }: Client, type: number): Buffer | undefined =>
  arrived.find((datagram) => parseStun(datagram)?.type === type);

const media = Buffer.alloc(20, 0x80);

test('peers are found by fragment, then by address, and forgotten', async (t) => {
  const { port, join } = await setUp(t);
  assert.ok(port.port > 0 && port.hasTcp && !port.hasIpv6);
  const peer = join();
  assert.equal(port.peers, 1);
  const [home, elsewhere] = [await overUdp(t, port), await overUdp(t, port)];
  const check = checkOf(peer);
  home.send(check);
  await until(() => has(home, stunTypes.bindingRequest) !== undefined);
  assert.ok(has(home, stunTypes.bindingSuccess), 'an answer, and a check of ours');
  assert.equal(peer.path?.remote.port, home.number);
  assert.equal(peer.mediaPath, undefined);
  const { transactionId } = parseStun(has(home, stunTypes.bindingRequest)!)!;
  const type = stunTypes.bindingSuccess;
  const answer = buildStun({ type, transactionId, password: 'theirs' });
  elsewhere.send(answer);
  await until(() => port.strays === 1);
  home.send(answer);
  await until(() => peer.mediaPath !== undefined);
  assert.equal(peer.mediaPath, peer.path, 'it hears us there');

  // Media of a known address is the peer's; of others it is nobody's.
  let told = 0;
  const forget = port.onStray(() => told++);
  home.send(media);
  home.send(Buffer.alloc(20, 70));
  await until(() => port.strays === 2);
  elsewhere.send(media);
  await until(() => port.strays === 3);
  forget();
  assert.equal(told, 2);

  const before = peer.ice.ufrag;
  peer.restartIce({ ufrag: 'x', password: 'x' });
  port.rename(peer, before);
  home.send(check);
  await until(() => port.strays === 4);
  port.remove(peer);
  assert.equal(port.peers, 0);
  home.send(media);
  await until(() => port.strays === 5);
});

test('one address may be two clients, one over UDP and one over TCP', async (t) => {
  const { port, join } = await setUp(t);
  const [first, second] = [join(), join()];
  const udp = await overUdp(t, port);
  const tcp = await overTcp(t, port, udp.number);
  udp.send(checkOf(first));
  await until(() => has(udp, stunTypes.bindingSuccess) !== undefined);
  tcp.send(checkOf(second));
  await until(() => has(tcp, stunTypes.bindingSuccess) !== undefined);
  assert.equal(second.mediaPath?.protocol, 'tcp');
  // The first one's address still stands for it.
  const path = first.path;
  const before = udp.arrived.length;
  udp.send(checkOf(first));
  await until(() => udp.arrived.length > before);
  assert.equal(first.path, path);
  assert.equal(first.path?.protocol, 'udp');
  // The end of one leaves the other what it has.
  second.close('ended');
  udp.send(media);
  udp.send(Buffer.alloc(20, 70));
  await until(() => port.strays > 0);
  assert.equal(port.strays, 1);
  first.close('ended');
});

test('addresses that a peer gave up stand for nobody', async (t) => {
  const { port, join } = await setUp(t);
  const peer = join();
  const clients: Client[] = [];
  for (let count = 0; count < 17; count++) {
    const client = await overUdp(t, port);
    client.send(checkOf(peer));
    await until(() => has(client, stunTypes.bindingSuccess) !== undefined);
    clients.push(client);
  }
  clients[1]!.send(media);
  clients[0]!.send(media);
  await until(() => port.strays === 1);
  peer.close('ended');
});
