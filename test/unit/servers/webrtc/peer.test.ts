import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { StunFields } from '../../../../gateway/protocols/stun/message.ts';
import { buildStun, parseStun, stunTypes } from '../../../../gateway/protocols/stun/message.ts';
import { createDtlsIdentity } from '../../../../gateway/servers/webrtc/dtls-endpoint.ts';
import { MediaPort } from '../../../../gateway/servers/webrtc/media-port.ts';
import type { Path } from '../../../../gateway/servers/webrtc/path.ts';
import {
  createIceCredentials,
  Peer,
  type PeerEnd,
} from '../../../../gateway/servers/webrtc/peer.ts';
import type { TcpPath } from '../../../../gateway/servers/webrtc/tcp-port.ts';

interface TestPath extends Path {
  readonly sent: Buffer[];
}

const pathFrom = (port: number): TestPath => {
  const sent: Buffer[] = [];
  return {
    protocol: 'udp',
    remote: { address: '127.0.0.1', port },
    sent,
    send: (datagram) => sent.push(Buffer.from(datagram)),
  };
};

const create = async () => {
  let now = 0;
  const ends: { end: PeerEnd; message: string }[] = [];
  const identity = await createDtlsIdentity();
  const peer = new Peer(
    {
      identity,
      fingerprints: [identity.fingerprint],
      remoteIce: { ufrag: 'them', password: 'theirs' },
      clock: () => now,
    },
    {
      onConnected: () => {},
      onRtcp: () => {},
      onClosed: (end, message) => ends.push({ end, message }),
    },
  );
  const check = (path: Path, fields: Partial<StunFields> = {}): boolean => {
    const datagram = buildStun({
      type: stunTypes.bindingRequest,
      transactionId: randomBytes(12),
      username: `${peer.ice.ufrag}:them`,
      controlling: 1n,
      password: peer.ice.password,
      ...fields,
    });
    return peer.onCheck(datagram, parseStun(datagram)!, path);
  };
  return { peer, ends, check, setNow: (value: number) => (now = value) };
};

test('credentials are long enough and never the same', () => {
  const [a, b] = [createIceCredentials(), createIceCredentials()];
  assert.match(a.ufrag, /^[A-Za-z0-9+/]{12}$/);
  assert.match(a.password, /^[A-Za-z0-9+/]{32}$/);
  assert.notEqual(a.ufrag, b.ufrag);
});

test('checks are answered; the nominated path is taken', async () => {
  const { peer, check } = await create();
  const [first, second] = [pathFrom(1), pathFrom(2)];
  assert.equal(check(first), true);
  assert.equal(peer.path, first);
  assert.equal(parseStun(first.sent[0]!)?.type, stunTypes.bindingSuccess);
  check(second, { useCandidate: true });
  assert.equal(peer.path, second);
  check(first);
  assert.equal(peer.path, second, 'a check that nominates nothing moves nothing');
  check(first, { useCandidate: true });
  assert.equal(peer.path, first);
});

test('a check that was overheard moves nothing; one that is repeated on its way is answered', async () => {
  const { peer, check } = await create();
  const [own, elsewhere] = [pathFrom(1), pathFrom(2)];
  const fields = { transactionId: randomBytes(12), useCandidate: true };
  assert.equal(check(own, fields), true);
  assert.equal(check(elsewhere, fields), false);
  assert.deepEqual(elsewhere.sent, []);
  assert.equal(peer.path, own);
  assert.equal(check(own, fields), true);
});

test('checks with a wrong password are not answered', async () => {
  const { peer, check } = await create();
  const path = pathFrom(1);
  assert.equal(check(path, { password: 'guessed' }), false);
  assert.deepEqual(path.sent, []);
  assert.equal(peer.path, undefined);
});

test('the number of addresses is bounded', async () => {
  const { check } = await create();
  let taken = 0;
  for (let port = 1; port <= 40; port++) if (check(pathFrom(port))) taken++;
  assert.equal(taken, 16);
});

test('a peer that nothing reaches is given up, with the likely reason', async () => {
  const { peer, ends } = await create();
  peer.checkConsent(19_000);
  assert.equal(peer.state, 'connecting');
  peer.checkConsent(21_000);
  assert.equal(peer.state, 'closed');
  assert.equal(ends[0]!.end, 'failed');
  assert.match(ends[0]!.message, /cannot reach the addresses in the answer/);
});

test('a peer whose handshake does not end is given up for that', async () => {
  const { peer, ends, check } = await create();
  check(pathFrom(1));
  peer.checkConsent(21_000);
  assert.match(ends[0]!.message, /DTLS handshake/);
});

test('a peer whose connection broke is gone soon, unless it comes by another', async () => {
  const { peer, ends, check, setNow } = await create();
  const connections: (() => void)[] = [];
  const overTcp = (port: number): TcpPath => ({
    ...pathFrom(port),
    protocol: 'tcp',
    claim: (onClosed) => void connections.push(onClosed),
    destroy() {},
  });
  check(overTcp(1));
  connections[0]!();
  setNow(2_000);
  check(overTcp(2));
  peer.checkConsent(4_000);
  assert.equal(peer.state, 'connecting');
  connections[1]!();
  peer.checkConsent(4_000);
  assert.equal(peer.state, 'connecting');
  peer.checkConsent(5_001);
  // Not a goodbye: a publisher may come back.
  const message = 'The client’s connection broke and no other came within 3 s.';
  assert.deepEqual(ends, [{ end: 'lost', message }]);
});

test('it closes once, and answers nothing afterwards', async () => {
  const { peer, ends, check } = await create();
  peer.close('ended');
  peer.close('left');
  assert.equal(ends.length, 1);
  const path = pathFrom(1);
  assert.equal(check(path), false);
  assert.deepEqual(path.sent, []);
});

test('an ICE restart changes the credentials; the old ones count no more', async () => {
  const { peer, check } = await create();
  const before = peer.ice;
  peer.restartIce({ ufrag: 'others', password: 'new' });
  assert.notEqual(peer.ice.ufrag, before.ufrag);
  assert.equal(peer.remoteUfrag, 'others');
  assert.equal(check(pathFrom(1), { password: before.password }), false);
  assert.equal(check(pathFrom(1)), true);
});

test('the media port finds peers by fragment, then by address, and forgets them', async (t) => {
  const { peer, check } = await create();
  assert.ok(check(pathFrom(9)));
  const port = new MediaPort(() => 0);
  await port.open(0, '127.0.0.1');
  t.after(() => port.close());
  assert.ok(port.port > 0 && port.hasTcp && !port.hasIpv6);
  port.add(peer);
  assert.equal(port.peers, 1);

  const path = pathFrom(5);
  const datagram = buildStun({
    type: stunTypes.bindingRequest,
    transactionId: randomBytes(12),
    username: `${peer.ice.ufrag}:them`,
    controlling: 1n,
    useCandidate: true,
    password: peer.ice.password,
  });
  port.onDatagram(datagram, path);
  assert.equal(path.sent.length, 2, 'an answer, and a check of ours');
  assert.equal(peer.path, path);
  assert.equal(peer.mediaPath, undefined);
  const { transactionId } = parseStun(path.sent[1]!)!;
  const type = stunTypes.bindingSuccess;
  const answer = buildStun({ type, transactionId, password: 'theirs' });
  port.onDatagram(answer, pathFrom(6));
  assert.equal(port.strays, 1);
  port.onDatagram(answer, path);
  assert.equal(peer.mediaPath, path, 'it hears us there');
  // Media of a known address is the peer's; of others it is nobody's.
  port.onDatagram(Buffer.alloc(20, 0x80), path);
  assert.equal(port.strays, 1);
  let told = 0;
  const forget = port.onStray(() => told++);
  port.onDatagram(Buffer.alloc(20, 0x80), pathFrom(6));
  port.onDatagram(Buffer.alloc(20, 70), path);
  forget();
  port.onDatagram(Buffer.alloc(20, 70), path);
  assert.equal(port.strays, 4);
  assert.equal(told, 2);

  const before = peer.ice.ufrag;
  peer.restartIce({ ufrag: 'x', password: 'x' });
  port.rename(peer, before);
  port.onDatagram(datagram, path);
  assert.equal(port.strays, 5, 'the old fragment is nobody’s');
  port.remove(peer);
  assert.equal(port.peers, 0);
  port.onDatagram(Buffer.alloc(20, 0x80), path);
  assert.equal(port.strays, 6);
});
