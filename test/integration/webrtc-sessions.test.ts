import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { FrameReader } from '../../gateway/protocols/stun/framing.ts';
import { buildStun, parseStun, stunTypes } from '../../gateway/protocols/stun/message.ts';
import { frameHeader, readXorAddress } from '../helpers/stun.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { publishNumbered } from '../helpers/numbered-publisher.ts';
import { until } from '../helpers/until.ts';
import { connectWebRtc } from '../helpers/webrtc-client.ts';

test('thirty viewers join at once and all of them play', async (t) => {
  const gateway = await startTestGateway(t);
  const publisher = await publishNumbered(t, `${gateway.rtmp}/lesson`, { audio: false });
  publisher.send(3);
  await gateway.ready('lesson');
  const received = new Array<number>(30).fill(0);
  const clients = await Promise.all(
    received.map((_, index) =>
      connectWebRtc(t, {
        url: `${gateway.http}/live/lesson/whep`,
        onRtp: () => {
          received[index]!++;
        },
      }),
    ),
  );
  await Promise.all(clients.map(({ connected }) => connected));
  publisher.send(2);
  await until(() => received.every((count) => count >= 5));
  await Promise.all(clients.map(({ resource }) => fetch(resource, { method: 'DELETE' })));
  assert.equal(gateway.gateway.registry.list(({ details }) => details.kind === 'play').length, 0);
});

test('a viewer over TCP is answered where UDP does not pass', async (t) => {
  const gateway = await startTestGateway(t);
  const publisher = await publishNumbered(t, `${gateway.rtmp}/lesson`, { audio: false });
  publisher.send(3);
  await gateway.ready('lesson');
  const { answer } = await connectWebRtc(t, { url: `${gateway.http}/live/lesson/whep` });
  assert.match(answer, /a=candidate:\d+ 1 tcp \d+ 127\.0\.0\.1 \d+ typ host tcptype passive/);

  const socket = connect(gateway.gateway.ports.webrtc, '127.0.0.1');
  t.after(() => socket.destroy());
  const response = new Promise<Buffer>((resolve) => {
    const reader = new FrameReader((frame) => resolve(Buffer.from(frame)));
    socket.on('data', (chunk) => reader.push(chunk));
  });
  const check = buildStun({
    type: stunTypes.bindingRequest,
    transactionId: randomBytes(12),
    username: `${/a=ice-ufrag:(\S+)/.exec(answer)![1]!}:x`,
    useCandidate: true,
    controlling: 1n,
    password: /a=ice-pwd:(\S+)/.exec(answer)![1]!,
  });
  socket.write(Buffer.concat([frameHeader(check.length), check]));
  const message = await response;
  assert.equal(parseStun(message)?.type, stunTypes.bindingSuccess);
  assert.deepEqual(readXorAddress(message, 24, 8), {
    address: '127.0.0.1',
    port: socket.localPort,
  });
  // When the session ends, so does its connection.
  const closed = once(socket, 'close');
  for (const session of gateway.gateway.registry.list(({ details }) => details.kind === 'play')) {
    session.end({ code: 'dropped', message: 'dropped by a test' });
  }
  await closed;
});
