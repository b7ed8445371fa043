import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { suite, test, type TestContext } from 'node:test';
import type { Config } from '../../../../gateway/config/schema.ts';
import type { AmfObject } from '../../../../gateway/protocols/amf/value.ts';
import type { Command } from '../../../../gateway/protocols/rtmp/command.ts';
import { MessageType, type RtmpMessage } from '../../../../gateway/protocols/rtmp/message.ts';
import {
  connect,
  type RtmpClient,
  type RtmpClientOptions,
} from '../../../../gateway/relay/rtmp-client.ts';
import { admitted, refused } from '../../../../gateway/sessions/admission.ts';
import { startTestGateway, type TestGateway } from '../../../helpers/gateway.ts';

const config = Buffer.from('17000000000142c01effe1000467640029010001', 'hex');
const key = Buffer.from('1701000000000000016500', 'hex');
const delta = Buffer.from('2701000000000000014100', 'hex');
const sound = Buffer.from('af0121', 'hex');

async function setUp(t: TestContext, settings: Partial<Config> = {}): Promise<TestGateway> {
  return startTestGateway(t, settings);
}

async function client(
  t: TestContext,
  server: TestGateway,
  path = '/lesson',
  options: RtmpClientOptions = {},
): Promise<RtmpClient> {
  const made = await connect(server.rtmp + path, { timeoutMs: 5000, ...options });
  t.after(() => made.close());
  return made;
}

/** Waits for an `onStatus` with this code. */
function status(from: RtmpClient, code: string): Promise<AmfObject> {
  return new Promise((resolve) => {
    from.on('status', (info) => {
      if (info['code'] === code) resolve(info);
    });
  });
}

/** The next messages of sound and picture. */
function media(from: RtmpClient, count: number): Promise<RtmpMessage[]> {
  const messages: RtmpMessage[] = [];
  return new Promise((resolve) => {
    from.on('media', (message) => {
      if (message.type !== MessageType.video && message.type !== MessageType.audio) return;
      if (messages.push(message) === count) resolve(messages);
    });
  });
}

const publishing = async (t: TestContext, server: TestGateway): Promise<[RtmpClient, number]> => {
  const publisher = await client(t, server);
  const id = await publisher.publish();
  publisher.sendMedia(MessageType.video, 0, config, id);
  publisher.sendMedia(MessageType.video, 0, key, id);
  return [publisher, id];
};

suite('RTMP connection', () => {
  test('a player gets what the publisher sends, byte for byte, set-up and key frame first', async (t) => {
    const server = await setUp(t);
    const [publisher, id] = await publishing(t, server);
    const player = await client(t, server);
    const received = media(player, 4);
    await player.play();
    publisher.sendMedia(MessageType.audio, 10, sound, id);
    publisher.sendMedia(MessageType.video, 40, delta, id);
    const messages = await received;
    assert.deepEqual(
      messages.map(({ timestamp, payload }) => [timestamp, payload]),
      [
        [0, config],
        [0, key],
        [10, sound],
        [40, delta],
      ],
    );
  });

  test('connect answers with what Enhanced RTMP wants to know; AMF3 is spoken to who asks', async (t) => {
    const server = await setUp(t);
    const [publisher, id] = await publishing(t, server);
    const player = await client(t, server, '/lesson', { objectEncoding: 3 });
    const received = media(player, 2);
    await player.play();
    await received;
    assert.equal(publisher.sendMedia(MessageType.video, 40, delta, id) !== undefined, true);
  });

  for (const [what, app] of [
    ['an unknown application', 'nonsense'],
    ['an application instance', 'live/room'],
  ] as const) {
    test(`${what} is refused by name`, async (t) => {
      const server = await setUp(t);
      await assert.rejects(
        client(t, server, '/lesson', { properties: { app, tcUrl: '' } }),
        (error: Error & { status?: string }) => {
          assert.equal(error.status, 'NetConnection.Connect.Rejected');
          return true;
        },
      );
      await server.logged(/There is no application/);
    });
  }

  test('names that are not allowed are refused in the words of the protocol', async (t) => {
    const server = await setUp(t);
    for (const name of ['', '.hidden', 'a/b', 'clip.mp4', 'stat', 'x'.repeat(129)]) {
      const publisher = await client(t, server);
      await assert.rejects(publisher.publish(name), { status: 'NetStream.Publish.BadName' });
      const player = await client(t, server);
      await assert.rejects(player.play(name), { status: 'NetStream.Play.Failed' });
    }
    const poet = await client(t, server);
    await poet.publish('书法_lesson-1@~.a');
    assert.equal(server.gateway.hub.find('书法_lesson-1@~.a')?.state, 'live');
  });

  test('commands wait for admission, and a refusal is the protocol’s own', async (t) => {
    const server = await setUp(t);
    const asked: string[] = [];
    server.gateway.registry.addCheck(async ({ details }) => {
      asked.push(`${details.kind} ${details.args.map((pair) => pair.join('=')).join(' ')}`);
      await new Promise((resolve) => setImmediate(resolve));
      return details.args.some(([, value]) => value === 'good')
        ? admitted
        : refused('forbidden', 'The token is wrong.');
    });
    const bad = await client(t, server, '/lesson?token=bad');
    const told = status(bad, 'NetStream.Publish.BadName');
    await assert.rejects(bad.publish(), { status: 'NetStream.Publish.BadName' });
    assert.equal((await told)['description'], 'The token is wrong.');
    await once(bad, 'close');
    const good = await client(t, server, '/lesson?token=good');
    await good.publish();
    const curious = await client(t, server, '/lesson');
    await assert.rejects(curious.play(), { status: 'NetStream.Play.Failed' });
    assert.deepEqual(asked, ['publish token=bad', 'publish token=good', 'play ']);
  });

  test('media that comes before admission has answered is kept, in order', async (t) => {
    const server = await setUp(t);
    let letIn = (): void => {};
    server.gateway.registry.addCheck(
      () => new Promise((resolve) => (letIn = () => resolve(admitted))),
    );
    const publisher = await client(t, server);
    const accepted = publisher.publish();
    // Commands are handled in order, so whoever hears back from a later one has been asked about.
    await publisher.call('getStreamLength', 'lesson');
    publisher.sendMedia(MessageType.video, 0, config, 1);
    publisher.sendMedia(MessageType.video, 0, key, 1);
    await publisher.call('getStreamLength', 'lesson');
    assert.equal(server.gateway.hub.find('lesson'), undefined);
    letIn();
    await accepted;
    assert.equal(server.gateway.hub.find('lesson')?.counters.videoFrames, 1);
  });

  test('a player that does not publish can put nothing into a stream', async (t) => {
    const server = await setUp(t);
    await publishing(t, server);
    const player = await client(t, server);
    const received = media(player, 2);
    const id = await player.play();
    await received;
    player.sendMedia(MessageType.video, 40, delta, id);
    await player.call('getStreamLength', 'lesson');
    assert.equal(server.gateway.hub.find('lesson')?.counters.videoFrames, 1);
  });

  test('a second publisher of a live name is refused; the first goes on', async (t) => {
    const server = await setUp(t, { publish_stale_ms: 300 });
    const [publisher, id] = await publishing(t, server);
    const lively = setInterval(() => publisher.sendMedia(MessageType.video, 40, delta, id), 20);
    t.after(() => clearInterval(lively));
    const second = await client(t, server);
    await assert.rejects(second.publish(), { status: 'NetStream.Publish.BadName' });
    assert.equal(server.gateway.hub.find('lesson')?.state, 'live');
  });

  test('a second publisher takes over from one that went silent', async (t) => {
    const server = await setUp(t, { publish_stale_ms: 200 });
    const [first] = await publishing(t, server);
    const closed = once(first, 'close');
    const second = await client(t, server);
    await second.publish();
    await closed;
    assert.equal(server.gateway.hub.find('lesson')?.state, 'live');
  });

  test('players are told that the publisher left and came, and go on', async (t) => {
    const server = await setUp(t);
    const [publisher, id] = await publishing(t, server);
    const player = await client(t, server);
    await player.play();
    const left = status(player, 'NetStream.Play.UnpublishNotify');
    publisher.tell(0, 'deleteStream', id);
    await left;
    const came = status(player, 'NetStream.Play.PublishNotify');
    const received = media(player, 2);
    await publishing(t, server);
    await came;
    assert.deepEqual(
      (await received).map(({ payload }) => payload),
      [config, key],
    );
  });

  test('pause stops the flow, going on joins live anew', async (t) => {
    const server = await setUp(t);
    const [publisher, id] = await publishing(t, server);
    const player = await client(t, server);
    const first = media(player, 2);
    const playing = await player.play();
    await first;
    const paused = status(player, 'NetStream.Pause.Notify');
    player.tell(playing, 'pause', true, 0);
    await paused;
    publisher.sendMedia(MessageType.video, 40, delta, id);
    await publisher.call('getStreamLength', 'lesson');
    const again = media(player, 3);
    player.tell(playing, 'pause', false, 0);
    assert.deepEqual(
      (await again).map(({ payload }) => payload),
      [config, key, delta],
    );
  });

  test('receiveVideo(false) leaves sound alone', async (t) => {
    const server = await setUp(t);
    const [publisher, id] = await publishing(t, server);
    const player = await client(t, server);
    const first = media(player, 2);
    const playing = await player.play();
    await first;
    player.tell(playing, 'receiveVideo', false);
    await player.call('getStreamLength', 'lesson');
    const next = media(player, 1);
    publisher.sendMedia(MessageType.video, 40, delta, id);
    publisher.sendMedia(MessageType.audio, 50, sound, id);
    assert.deepEqual(
      (await next).map(({ type }) => type),
      [MessageType.audio],
    );
  });

  test('answers what Flash-era clients ask', async (t) => {
    const server = await setUp(t);
    const player = await client(t, server);
    assert.equal(await player.call('getStreamLength', 'lesson'), 0);
    assert.equal(await player.call('_checkbw'), undefined);
    assert.equal(await player.call('releaseStream', 'lesson'), undefined);
    await assert.rejects(player.call('makeCoffee'), { status: 'NetConnection.Call.Failed' });
    const subscribed = once(player, 'command') as Promise<[Command, number]>;
    player.tell(0, 'FCSubscribe', 'lesson');
    assert.equal((await subscribed)[0].name, 'onFCSubscribe');
    const playing = await player.play();
    const unseekable = status(player, 'NetStream.Seek.Failed');
    player.tell(playing, 'seek', 1000);
    await unseekable;
    const switched = status(player, 'NetStream.Play.Start');
    player.tell(playing, 'play2', { streamName: 'other', transition: 'switch' });
    await switched;
    const stopped = status(player, 'NetStream.Play.Stop');
    player.tell(playing, 'closeStream');
    await stopped;
    assert.deepEqual(server.gateway.registry.list(), []);
  });

  test('one connection may publish and play several streams, and each is a session of one client', async (t) => {
    const server = await setUp(t);
    const both = await client(t, server);
    await both.publish('one');
    await both.publish('two');
    await both.play('one');
    const sessions = server.gateway.registry.list();
    assert.deepEqual(
      sessions.map(({ details }) => `${details.kind} ${details.name}`),
      ['publish one', 'publish two', 'play one'],
    );
    assert.equal(new Set(sessions.map(({ details }) => details.clientId)).size, 1);
    await both.close();
    await server.streamIs('two', 'gone');
    assert.deepEqual(server.gateway.registry.list(), []);
  });

  test('a session that is ended from outside is told why, and its connection closed', async (t) => {
    const server = await setUp(t);
    const player = await client(t, server);
    await player.play();
    const told = status(player, 'NetStream.Play.Failed');
    const closed = once(player, 'close');
    const [session] = server.gateway.registry.list();
    session!.end({ code: 'dropped', message: 'Dropped by the operator.' });
    assert.equal((await told)['description'], 'Dropped by the operator.');
    await closed;
  });

  test('who neither publishes nor plays in time is let go', async (t) => {
    const server = await setUp(t, { handshake_timeout: 1 });
    const silent = connectTcp(Number(new URL(server.rtmp).port), '127.0.0.1');
    t.after(() => silent.destroy());
    silent.resume();
    const idle = await client(t, server);
    await Promise.all([once(silent, 'close'), once(idle, 'close')]);
    await server.logged(/Nothing was published or played for 1 s/);
  });

  test('a publisher that falls silent is ended, and its stream waits for it', async (t) => {
    const server = await setUp(t, { publish_timeout: 1 });
    const [publisher] = await publishing(t, server);
    await once(publisher, 'close');
    assert.equal(server.gateway.hub.find('lesson')?.state, 'interrupted');
    await server.logged(/The publisher sent nothing for 1 s/);
  });
});
