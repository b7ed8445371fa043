import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { EcmaArray } from '../../gateway/protocols/amf/value.ts';
import { encodeData } from '../../gateway/protocols/rtmp/data.ts';
import { MessageType, type RtmpMessage } from '../../gateway/protocols/rtmp/message.ts';
import { connect, type RtmpClient } from '../../gateway/relay/rtmp-client.ts';
import { refused } from '../../gateway/sessions/admission.ts';
import { startTestGateway, type TestGateway } from '../helpers/gateway.ts';
import { rawRtmp, type RawRtmp } from '../helpers/raw-rtmp.ts';
import { sendMedia } from '../helpers/rtmp-media.ts';
import { until } from '../helpers/until.ts';

/*
 * What clients say that is not the usual conversation: each test is named after what broke, or
 * after the client that does so.
 */

const portOf = ({ gateway }: TestGateway): number => gateway.ports.rtmp;

async function connected(t: TestContext, server: TestGateway, app = 'live'): Promise<RawRtmp> {
  const client = await rawRtmp(t, portOf(server));
  client.command('connect', 1, 0, { app, tcUrl: `rtmp://127.0.0.1/${app}` });
  client.command('createStream', 2, 0, null);
  return client;
}

/** Resolves when the server has said that. */
async function said(client: RawRtmp, text: string): Promise<void> {
  while (!client.received.includes(text)) await client.got(client.received.length + 1);
}

async function publisher(t: TestContext, server: TestGateway, name: string): Promise<RtmpClient> {
  const client = await connect(`${server.rtmp}/${name}`, { timeoutMs: 5000 });
  t.after(() => client.close());
  await client.publish();
  return client;
}

suite('what used to end the server', () => {
  test('publish and play with a name that is too long', async (t) => {
    const server = await startTestGateway(t);
    for (const command of ['publish', 'play']) {
      const client = await connected(t, server);
      const from = server.log.length;
      client.command(command, 3, 1, null, 'n'.repeat(5000));
      await server.logged(/An RTMP address of 5000 characters/, from);
      await client.closed;
    }
  });

  test('publish with too many arguments', async (t) => {
    const server = await startTestGateway(t);
    const client = await connected(t, server);
    client.command('publish', 3, 1, null, `lesson?${'a=1&'.repeat(65)}`);
    await server.logged(/65 arguments in an RTMP address/);
    await client.closed;
  });

  test('getStreamLength of a file whose name is too long', async (t) => {
    const server = await startTestGateway(t);
    const client = await connected(t, server, 'vod');
    client.command('getStreamLength', 3, 0, null, 'n'.repeat(5000));
    await server.logged(/An RTMP address of 5000 characters/);
    await client.closed;
  });

  test('a picture that is cut off, sent while publishing waits for its answer', async (t) => {
    const server = await startTestGateway(t);
    const client = await connected(t, server);
    client.command('publish', 3, 1, null, 'lesson', 'live');
    client.message(MessageType.video, Buffer.from([0x17, 1]), 1, 6);
    await server.logged(/publish ended: .*\(FLV_TRUNCATED\)/);
    await client.closed;
    await server.streamIs('lesson', 'gone');
  });

  test('an admission check that fails', async (t) => {
    const server = await startTestGateway(t);
    server.gateway.registry.addCheck(async ({ details }) => {
      if (details.name === 'broken') throw new Error('a bug in the check');
      return refused('forbidden', 'Not this one.');
    });
    const client = await connected(t, server);
    client.command('publish', 3, 1, null, 'broken', 'live');
    await client.closed;
    assert.ok(client.received.includes('NetStream.Publish.BadName'));
    await server.logged(/an admission check failed.*a bug in the check/);
    const response = await fetch(`${server.http}/live/broken.flv`);
    assert.equal(response.status, 403);
    await response.arrayBuffer();
    assert.deepEqual(server.gateway.registry.list(), []);
  });
});

suite('players', () => {
  test('one that changes the channel on its NetStream stays in step', async (t) => {
    const server = await startTestGateway(t);
    const metadata = encodeData('onMetaData', EcmaArray.of({ about: 'x'.repeat(300) }));
    for (const name of ['one', 'two']) {
      const client = await publisher(t, server, name);
      client.sendMedia(MessageType.dataAmf0, 0, metadata.payload);
      sendMedia(client);
    }
    const player = await connect(`${server.rtmp}/one`, { timeoutMs: 5000 });
    t.after(() => player.close());
    const messages: RtmpMessage[] = [];
    const problem = new Promise<never>((_, reject) =>
      player.on('close', (reason) => reject(reason ?? new Error('closed'))),
    );
    problem.catch(() => {});
    player.on('media', (message) => messages.push(message));
    const id = await player.play();
    const pictures = () => messages.filter(({ type }) => type === MessageType.video).length;
    await until(() => pictures() > 2);
    messages.length = 0;
    player.tell(id, 'play', 'two', -2, -1);
    await Promise.race([problem, until(() => pictures() > 2)]);
    const data = messages.filter(({ type }) => type === MessageType.dataAmf0);
    assert.ok(data.some(({ payload }) => payload.equals(metadata.payload)));
  });
});

suite('publishers', () => {
  test('what comes in aggregates is counted once', async (t) => {
    const server = await startTestGateway(t);
    const client = await connected(t, server);
    client.command('publish', 3, 1, null, 'lesson', 'live');
    await said(client, 'NetStream.Publish.Start');
    const sound = Buffer.from([0xaf, 1, 0x21]);
    const header = [MessageType.audio, 0, 0, sound.length, 0, 0, 0, 0, 0, 0, 0];
    const part = Buffer.from([...header, ...sound, 0, 0, 0, 14]);
    client.message(MessageType.aggregate, Buffer.concat([part, part]), 1, 4);
    const [session] = server.gateway.registry.list();
    await until(() => session!.bytes > 0);
    assert.equal(session!.bytes, 2 * sound.length);
  });

  test('FMLE’s @clearDataFrame does not become the metadata', async (t) => {
    const server = await startTestGateway(t);
    const client = await publisher(t, server, 'lesson');
    const metadata = encodeData('onMetaData', EcmaArray.of({ width: 640 })).payload;
    client.sendMedia(MessageType.dataAmf0, 0, metadata);
    client.sendMedia(MessageType.dataAmf0, 0, encodeData('@clearDataFrame', 'onMetaData').payload);
    await client.call('getStreamLength', 'lesson');
    assert.deepEqual(server.gateway.hub.find('lesson')?.metadata?.body, metadata);
  });

  test('media before the answer is bounded in messages, not just in bytes', async (t) => {
    const server = await startTestGateway(t);
    server.gateway.registry.addCheck(() => new Promise(() => {}));
    const client = await connected(t, server);
    client.command('publish', 3, 1, null, 'lesson', 'live');
    client.message(MessageType.video, Buffer.alloc(0), 1, 6);
    // A type 3 header is all that an empty message like the one before needs.
    client.write(Buffer.alloc(100_000, 0xc0 | 6));
    await server.logged(/bytes of media came before publishing was allowed/);
    await client.closed;
  });

  test('a Flash client publishes and plays on the default instance of an application', async (t) => {
    const server = await startTestGateway(t);
    const client = await connected(t, server, 'live/_definst_');
    client.command('publish', 3, 1, null, 'lesson', 'live');
    await said(client, 'NetStream.Publish.Start');
  });

  test('ActionScript 2 ends publishing with publish(false)', async (t) => {
    const server = await startTestGateway(t);
    const client = await connected(t, server);
    client.command('publish', 3, 1, null, 'lesson', 'live');
    await said(client, 'NetStream.Publish.Start');
    client.command('publish', 4, 1, null, false);
    await said(client, 'NetStream.Unpublish.Success');
    client.command('publish', 5, 1, null, 'again', 'live');
    await server.streamIs('again', 'live');
  });

  test('a second NetStream that is refused ends the first in order', async (t) => {
    const server = await startTestGateway(t);
    const client = await connected(t, server);
    client.command('publish', 3, 1, null, 'lesson', 'live');
    await said(client, 'NetStream.Publish.Start');
    client.command('createStream', 4, 0, null);
    client.command('play', 5, 2, null, 'no/such/name');
    await client.closed;
    assert.ok(client.received.includes('NetStream.Publish.Failed'), 'the publisher is told');
    await server.streamIs('lesson', 'gone');
  });
});

suite('clients that do not read', () => {
  test('are not answered without bound', async (t) => {
    const server = await startTestGateway(t);
    const client = await connected(t, server);
    client.socket.pause();
    const ended = server.logged(/The client does not read: \d+ bytes of answers/);
    let isOver = false;
    void ended.then(() => (isOver = true));
    while (!isOver) {
      if (client.socket.writableLength < 100_000) {
        for (let call = 0; call < 500; call++) client.command('whatIsThis', 9, 0, null);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await ended;
  });
});
