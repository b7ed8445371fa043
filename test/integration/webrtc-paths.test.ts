import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { buildStun, parseStun, stunTypes } from '../../gateway/protocols/stun/message.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { publishNumbered } from '../helpers/numbered-publisher.ts';
import { until } from '../helpers/until.ts';
import { connectWebRtc } from '../helpers/webrtc-client.ts';

/** Datagrams of SRTP begin like RTP. */
const isMedia = (datagram: Buffer): boolean => datagram[0]! >> 6 === 2;

/** A viewer that watches, and a second address from which it nominates itself. */
const setUp = async (t: TestContext, { leavesHome = false } = {}) => {
  const gateway = await startTestGateway(t);
  const publisher = await publishNumbered(t, `${gateway.rtmp}/lesson`, { audio: false });
  publisher.send(3);
  await gateway.ready('lesson');
  let atHome = 0;
  const client = await connectWebRtc(t, {
    url: `${gateway.http}/live/lesson/whep`,
    onRtp: () => atHome++,
  });
  await client.connected;
  await until(() => atHome >= 3);
  if (leavesHome) client.vanish();

  const elsewhere = createSocket('udp4');
  t.after(() => elsewhere.close());
  elsewhere.bind(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  const arrived: Buffer[] = [];
  elsewhere.on('message', (datagram) => arrived.push(Buffer.from(datagram)));
  const send = (bytes: Buffer): void => elsewhere.send(bytes, client.serverPort, '127.0.0.1');
  const attribute = (name: string): string =>
    new RegExp(`a=${name}:(\\S+)`).exec(client.answer)![1]!;
  send(
    buildStun({
      type: stunTypes.bindingRequest,
      transactionId: randomBytes(12),
      username: `${attribute('ice-ufrag')}:x`,
      useCandidate: true,
      controlling: 1n,
      password: attribute('ice-pwd'),
    }),
  );
  const questions = (): Buffer[] =>
    arrived.filter((datagram) => parseStun(datagram)?.type === stunTypes.bindingRequest);
  await until(() => questions().length > 0);
  const answer = (password: string): void => {
    const { transactionId } = parseStun(questions()[0]!)!;
    send(buildStun({ type: stunTypes.bindingSuccess, transactionId, password }));
  };
  return { publisher, client, arrived, answer, home: () => atHome };
};

test('a viewer cannot send its stream to an address that does not ask for it', async (t) => {
  const { publisher, arrived, answer, home } = await setUp(t);
  answer('guessed');
  const before = home();
  publisher.send(20);
  await until(() => home() >= before + 20);
  assert.deepEqual(arrived.filter(isMedia), []);
});

test('a viewer whose address changes gets its stream there, once it has answered a check', async (t) => {
  const { publisher, client, arrived, answer } = await setUp(t, { leavesHome: true });
  answer(client.icePassword);
  await until(() => {
    publisher.send(1);
    return arrived.some(isMedia);
  });
});
