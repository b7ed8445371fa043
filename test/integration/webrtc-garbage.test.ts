import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { randomBytes } from 'node:crypto';
import { isDtls } from '../../gateway/protocols/dtls/record.ts';
import { writePli } from '../../gateway/protocols/rtp/rtcp-writer.ts';
import { buildStun, isStun, stunTypes } from '../../gateway/protocols/stun/message.ts';
import { frameHeader } from '../helpers/stun.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { heldBytes } from '../helpers/memory.ts';
import { publishNumbered } from '../helpers/numbered-publisher.ts';
import type { Scope } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';
import { connectWebRtc } from '../helpers/webrtc-client.ts';

/** A check under a user fragment that no session has. */
const checkOf = (ufrag: string): Buffer =>
  buildStun({
    type: stunTypes.bindingRequest,
    transactionId: randomBytes(12),
    username: `${ufrag}:x`,
    password: 'guessed',
  });

/** Datagrams of every kind that nobody should send. */
const garbage = (ufrag: string): Buffer[] => {
  const check = buildStun({
    type: stunTypes.bindingRequest,
    transactionId: randomBytes(12),
    username: `${ufrag}:x`,
    useCandidate: true,
    controlling: 1n,
    password: 'guessed',
  });
  const kinds = [0, 1, 3, 20, 22, 63, 64, 128, 144, 191, 255];
  return [
    check,
    check.subarray(0, 30),
    checkOf('nobody'),
    Buffer.alloc(0),
    ...kinds.map((first) => Buffer.concat([Buffer.from([first]), randomBytes(60)])),
    ...kinds.map((first) => Buffer.from([first])),
  ];
};

/** A WHEP viewer to whom pictures are sent, and how many datagrams it received. */
const watched = async (t: Scope) => {
  const gateway = await startTestGateway(t);
  const publisher = await publishNumbered(t, `${gateway.rtmp}/lesson`, { audio: false });
  publisher.send(3);
  await gateway.ready('lesson');
  let received = 0;
  const client = await connectWebRtc(t, {
    url: `${gateway.http}/live/lesson/whep`,
    onRtp: () => received++,
  });
  await client.connected;
  await until(() => received >= 3);
  return { gateway, publisher, client, received: () => received };
};

test('garbage and floods on the media port disturb nobody and take no memory', async (t) => {
  const { gateway, publisher, client, received } = await watched(t);
  const ufrag = /a=ice-ufrag:(\S+)/.exec(client.answer)![1]!;
  const stranger = createSocket('udp4');
  t.after(() => stranger.close());
  stranger.bind(0, '127.0.0.1');
  await once(stranger, 'listening');
  let answers = 0;
  stranger.on('message', () => answers++);
  const send = (from: typeof stranger, bytes: Buffer): Promise<void> =>
    new Promise((resolve) => from.send(bytes, client.serverPort, '127.0.0.1', () => resolve()));

  // From a stranger, and from the viewer's own address; and what was overheard, from both.
  client.sendRtcp(writePli(1, 2));
  const pieces = [...garbage(ufrag), ...client.overheard];
  assert.ok(client.overheard.some((bytes) => isStun(bytes)));
  assert.ok(client.overheard.some((bytes) => isDtls(bytes)));
  let held = 0;
  for (let round = 0; round < 60; round++) {
    for (const piece of pieces) {
      await send(stranger, piece);
      await send(client.socket, piece);
      await send(stranger, checkOf(randomBytes(6).toString('hex')));
    }
    publisher.send(1);
    if (round === 20) held = heldBytes();
  }
  await until(() => received() >= 63);
  assert.equal(answers, 0, 'nobody learns that there is a server, and media goes nowhere else');
  const grown = heldBytes() - held;
  assert.ok(grown < 1024 * 1024, `${grown} bytes are kept of thousands of datagrams`);
  const session = gateway.gateway.registry.list(({ details }) => details.kind === 'play')[0];
  assert.equal(session?.state, 'active');
});

test('an alert that anybody could have written ends no session', async (t) => {
  const { publisher, client, received } = await watched(t);
  // close_notify in the clear; as epoch 1 without a tag; and a ClientHello that would start over
  const header = (type: number, epoch: number, length: number): Buffer =>
    Buffer.from([type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 9, 9, 0, length]);
  const forged = [
    Buffer.concat([header(21, 0, 2), Buffer.from([1, 0])]),
    Buffer.concat([header(21, 1, 2), Buffer.from([1, 0])]),
    Buffer.concat([header(21, 1, 40), Buffer.alloc(40)]),
    Buffer.concat([header(22, 0, 25), Buffer.from([1]), Buffer.alloc(24)]),
  ];
  for (const bytes of forged) client.socket.send(bytes, client.serverPort, '127.0.0.1');
  publisher.send(20);
  await until(() => received() >= 23);
});

test('TCP: who does not speak STUN first is cut, who sends nonsense sizes too', async (t) => {
  const gateway = await startTestGateway(t);
  const port = gateway.gateway.ports.webrtc;
  for (const bytes of [
    Buffer.concat([frameHeader(30), Buffer.alloc(30, 0x80)]),
    frameHeader(0),
    frameHeader(65535),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  ]) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    socket.write(bytes);
    await closed;
  }
});
