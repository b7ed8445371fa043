import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { isDtls } from '../../../../gateway/protocols/dtls/record.ts';
import type { StunFields } from '../../../../gateway/protocols/stun/message.ts';
import { buildStun, parseStun, stunTypes } from '../../../../gateway/protocols/stun/message.ts';
import { SrtpSender } from '../../../../gateway/protocols/srtp/session.ts';
import { createDtlsIdentity } from '../../../../gateway/servers/webrtc/dtls-identity.ts';
import type { Path } from '../../../../gateway/servers/webrtc/path.ts';
import { Peer, type PeerEnd, type PeerEvents } from '../../../../gateway/servers/webrtc/peer.ts';
import {
  createDtlsClient,
  endFlights,
  receiveDtls,
} from '../../../../gateway/servers/webrtc/werift-dtls.ts';
import { protectRtp } from '../../../helpers/srtp.ts';
import {
  answerTo,
  pathFrom,
  questionsOn,
  tcpPathFrom,
  type TestPath,
} from '../../../helpers/webrtc-paths.ts';

const create = async (onRtp?: PeerEvents['onRtp']) => {
  let now = 0;
  let connections = 0;
  const ends: { end: PeerEnd; message: string }[] = [];
  const gone: Path[] = [];
  const identity = await createDtlsIdentity();
  const peer = new Peer(
    {
      identity,
      fingerprints: [identity.fingerprint],
      remoteIce: { ufrag: 'them', password: 'theirs' },
      clock: () => now,
    },
    {
      onConnected: () => connections++,
      onPathGone: (path) => gone.push(path),
      ...(onRtp && { onRtp }),
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
  const answer = (path: TestPath): void => {
    const datagram = answerTo(path, 'theirs');
    peer.onCheckAnswer(datagram, parseStun(datagram)!, path);
  };
  /** The client's end of the handshake, whose keys `run` answers; it sends over `path()`; the peer's goes `toClient`. */
  const shakeHands = (path: () => Path) => {
    const client = createDtlsClient(identity, ['AES128_CM_SHA1_80'], (datagram) =>
      setImmediate(() => peer.onDtls(datagram, path())),
    );
    const done = new Promise<void>((resolve) => client.onConnect.once(() => resolve()));
    return {
      toClient: (datagram: Buffer): void => {
        if (isDtls(datagram)) setImmediate(() => receiveDtls(client, datagram));
      },
      run: async (): Promise<SrtpSender> => {
        void client.connect();
        await done;
        endFlights(client);
        const { localKey: key, localSalt: salt } = client.extractSessionKeys(16, 14);
        return new SrtpSender('AES128_CM_SHA1_80', { key, salt });
      },
    };
  };
  return {
    peer,
    ends,
    gone,
    check,
    answer,
    shakeHands,
    connections: () => connections,
    setNow: (value: number) => (now = value),
  };
};

/** A peer whose client goes over to a second address within the handshake. */
const connectMoving = async (onRtp?: PeerEvents['onRtp']) => {
  const all = await create(onRtp);
  let hasMoved = false;
  const client = all.shakeHands(() => (hasMoved ? second : first));
  const second = pathFrom(2, client.toClient);
  const first = pathFrom(1, (datagram) => {
    client.toClient(datagram);
    if (!isDtls(datagram) || hasMoved) return;
    hasMoved = true;
    setImmediate(() => all.check(second, { useCandidate: true }));
  });
  all.check(first);
  return { ...all, second, srtp: await client.run() };
};

/** A peer that is connected over the path that `make` makes. */
const connect = async <P extends TestPath>(make: (onSent: (datagram: Buffer) => void) => P) => {
  const all = await create();
  const client = all.shakeHands(() => path);
  const path = make(client.toClient);
  all.check(path, { useCandidate: true });
  await client.run();
  assert.equal(all.peer.state, 'connected');
  assert.equal(all.peer.mediaPath, path);
  return { ...all, path };
};

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
  const [first, second] = [tcpPathFrom(1), tcpPathFrom(2)];
  check(first);
  first.break();
  setNow(2_000);
  check(second);
  peer.checkConsent(4_000);
  assert.equal(peer.state, 'connecting');
  second.break();
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

test('a peer is connected at the end of a handshake that went to one address', async () => {
  const { connections, path, peer } = await connect((onSent) => pathFrom(1, onSent));
  assert.equal(connections(), 1);
  assert.deepEqual(peer.path, path);
  peer.close('ended');
});

test('media begins once a way is proven; questions that got lost are asked again', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { peer, second, answer, connections, setNow } = await connectMoving();
  assert.deepEqual([connections(), peer.mediaPath, peer.path], [0, undefined, second]);
  assert.equal(questionsOn(second).length, 1);
  setNow(100);
  t.mock.timers.tick(100);
  assert.equal(questionsOn(second).length, 2, 'without another check of the client');
  answer(second);
  assert.deepEqual([connections(), peer.mediaPath, peer.state], [1, second, 'connected']);
  setNow(300);
  t.mock.timers.tick(200);
  assert.equal(questionsOn(second).length, 2);
  peer.close('ended');
});

test('a client that answers no check of an address it moved to in the handshake is given up', async () => {
  const { peer, ends } = await connectMoving();
  peer.checkConsent(21_000);
  assert.equal(ends[0]!.end, 'failed');
  assert.match(ends[0]!.message, /answered no check/);
});

test('what a publisher sends is taken before a way to it is proven', async () => {
  const payloads: string[] = [];
  const { peer, srtp, connections } = await connectMoving((_packet, _headerLength, payload) => {
    assert.equal(connections(), 1, 'connected first');
    payloads.push(payload.toString());
  });
  assert.equal(connections(), 0);
  const header = Buffer.from('806000010000000000000005', 'hex');
  peer.onSrtp(protectRtp(srtp, header, Buffer.from('picture'), 1));
  assert.deepEqual([payloads, peer.mediaPath, connections()], [['picture'], undefined, 1]);
  peer.close('ended');
});

test('a moved viewer is asked until it answers, however long that takes', async () => {
  const { peer, check, answer, path, setNow } = await connect((onSent) => pathFrom(1, onSent));
  const moved = pathFrom(2);
  for (let now = 100; now <= 2_000; now += 100) {
    setNow(now);
    check(moved, { useCandidate: true });
  }
  assert.equal(peer.mediaPath, path);
  moved.sent.length = 0;
  setNow(60_000);
  check(moved, { useCandidate: true });
  answer(moved);
  assert.equal(peer.mediaPath, moved);
  peer.close('ended');
});

test('when the nominated connection breaks, a proven path is taken at once', async () => {
  const { peer, check, answer, path, gone, setNow } = await connect((onSent) =>
    tcpPathFrom(1, onSent),
  );
  const other = pathFrom(2);
  check(other);
  answer(other);
  assert.equal(peer.mediaPath, path);
  path.break();
  assert.equal(peer.mediaPath, other);
  assert.deepEqual(gone, [path]);
  setNow(2_500);
  check(other);
  peer.checkConsent(4_000);
  assert.equal(peer.state, 'connected');
  peer.close('ended');
});

test('when the nominated connection breaks, whatever path is checked next will do, once proven', async () => {
  const { peer, check, answer, path } = await connect((onSent) => tcpPathFrom(1, onSent));
  const other = pathFrom(2);
  path.break();
  assert.equal(peer.mediaPath, undefined);
  check(other);
  assert.equal(peer.mediaPath, undefined);
  answer(other);
  assert.equal(peer.mediaPath, other);
  peer.checkConsent(3_500);
  assert.equal(peer.state, 'connected');
  peer.close('ended');

  // Checks alone do not keep a peer that no media can reach.
  const mute = await connect((onSent) => tcpPathFrom(1, onSent));
  mute.path.break();
  mute.setNow(2_900);
  mute.check(pathFrom(2));
  mute.peer.checkConsent(3_001);
  assert.equal(mute.ends[0]!.end, 'lost');
});
