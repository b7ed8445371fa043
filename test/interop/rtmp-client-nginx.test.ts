/** The RTMP client against nginx-rtmp, which shares no code with it. */
import assert from 'node:assert/strict';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { suite, test } from 'node:test';
import { ClientHandshake } from '../../gateway/protocols/rtmp/handshake.ts';
import { MessageType } from '../../gateway/protocols/rtmp/message.ts';
import type { RtmpMessage } from '../../gateway/protocols/rtmp/message.ts';
import { connect } from '../../gateway/relay/rtmp-client.ts';
import { nginxRtmpModule, startNginxRtmp } from '../helpers/nginx-rtmp.ts';

const skip = nginxRtmpModule() === undefined ? 'nginx-rtmp is not installed' : false;

interface Sent {
  type: number;
  timestamp: number;
  payload: Buffer;
}

const avcConfig = Buffer.from('17000000000142001fffe100046742000001000468000000', 'hex');
const aacConfig = Buffer.from('af001210', 'hex');

/** Two seconds of 25 pictures and 40 sounds each, key frames large, from the given time on. */
function programme(start: number): Sent[] {
  const sent: Sent[] = [
    { type: MessageType.video, timestamp: start, payload: avcConfig },
    { type: MessageType.audio, timestamp: start, payload: aacConfig },
  ];
  for (let i = 0; i < 50; i += 1) {
    const isKey = i % 25 === 0;
    const head = Buffer.from(isKey ? '1701000000' : '2701000000', 'hex');
    const body = randomBytes(isKey ? 200_000 : 1 + i * 100);
    const timestamp = (start + i * 40) >>> 0;
    sent.push({ type: MessageType.video, timestamp, payload: Buffer.concat([head, body]) });
    const sound = Buffer.concat([Buffer.from('af01', 'hex'), randomBytes(100 + i)]);
    sent.push({ type: MessageType.audio, timestamp, payload: sound });
  }
  return sent;
}

function fingerprint(message: Sent): string {
  const hash = createHash('sha1').update(message.payload).digest('hex');
  return `${message.type} ${message.timestamp} ${hash}`;
}

suite('RTMP client and nginx-rtmp', { skip }, () => {
  for (const start of [0, 0xffffff - 1000]) {
    test(`what is published is played, from time ${start} on`, async (t) => {
      const nginx = await startNginxRtmp(t);
      const player = await connect(`${nginx.url}/lesson`);
      t.after(() => player.close());
      await player.play();
      const publisher = await connect(`${nginx.url}/lesson`, { windowBytes: 100_000 });
      t.after(() => publisher.close());
      await publisher.publish();

      const sent = programme(start);
      const received: RtmpMessage[] = [];
      const complete = new Promise<void>((resolve) => {
        player.on('media', (message) => {
          const isMedia = message.type === MessageType.audio || message.type === MessageType.video;
          // nginx-rtmp itself sends an empty audio message to begin with.
          if (isMedia && message.payload.length > 0) received.push(message);
          if (received.length === sent.length) resolve();
        });
      });
      for (const { type, timestamp, payload } of sent) {
        if (!publisher.sendMedia(type, timestamp, payload)) await once(publisher, 'drain');
      }
      await complete;
      // nginx-rtmp sends the audio configuration with the first sound, so the order is by kind.
      for (const kind of [MessageType.video, MessageType.audio]) {
        const of = (messages: Sent[]): string[] =>
          messages.filter(({ type }) => type === kind).map(fingerprint);
        assert.deepEqual(of(received), of(sent));
      }
      // An answer is behind the acknowledgements that it was sent after.
      await publisher.call('createStream');
      assert.ok(publisher.acknowledged > 400_000, `${publisher.acknowledged} acknowledged`);
    });
  }

  test('a second publisher of a name is refused, the first goes on', async (t) => {
    const nginx = await startNginxRtmp(t);
    const first = await connect(`${nginx.url}/lesson`);
    t.after(() => first.close());
    await first.publish();
    const second = await connect(`${nginx.url}/lesson`);
    t.after(() => second.close());
    await assert.rejects(second.publish(), {
      code: 'RTMP_CLIENT_REFUSED',
      status: 'NetStream.Publish.BadName',
    });
    assert.equal(typeof (await first.call('createStream')), 'number');
  });

  test('an application that is not there', async (t) => {
    const nginx = await startNginxRtmp(t);
    await assert.rejects(connect(nginx.url.replace('/live', '/nothing')), {
      name: 'RtmpClientError',
    });
  });

  test('takes our digest for genuine and signs for it', async (t) => {
    const nginx = await startNginxRtmp(t);
    const socket = connectTcp(nginx.port, '127.0.0.1');
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    const start = new ClientHandshake(randomBytes).start();
    socket.write(start);
    const answer: Buffer[] = [];
    let length = 0;
    for await (const data of socket as AsyncIterable<Buffer>) {
      answer.push(data);
      length += data.length;
      if (length >= 3073) break;
    }
    const c1 = start.subarray(1);
    const sum = c1.subarray(8, 12).reduce((total, byte) => total + byte, 0);
    const digest = c1.subarray(12 + (sum % 728), 44 + (sum % 728));
    const s2 = Buffer.concat(answer).subarray(1537, 3073);
    const key = createHmac('sha256', serverKey).update(digest).digest();
    const signature = createHmac('sha256', key).update(s2.subarray(0, 1504)).digest();
    assert.deepEqual(s2.subarray(1504), signature);
  });
});

const serverKey = Buffer.concat([
  Buffer.from('Genuine Adobe Flash Media Server 001'),
  Buffer.from('f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae', 'hex'),
]);
