import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { EventEmitter, on, once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { suite, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { AmfObject, AmfValue } from '../../gateway/protocols/amf/value.ts';
import { ChunkReader } from '../../gateway/protocols/rtmp/chunk-reader.ts';
import { ChunkWriter } from '../../gateway/protocols/rtmp/chunk-writer.ts';
import { decodeCommand, encodeCommand, isCommand } from '../../gateway/protocols/rtmp/command.ts';
import type { Command } from '../../gateway/protocols/rtmp/command.ts';
import * as control from '../../gateway/protocols/rtmp/control.ts';
import type { ControlMessage } from '../../gateway/protocols/rtmp/control.ts';
import { ServerHandshake } from '../../gateway/protocols/rtmp/handshake.ts';
import { MessageType } from '../../gateway/protocols/rtmp/message.ts';
import type { RtmpMessage } from '../../gateway/protocols/rtmp/message.ts';
import * as status from '../../gateway/protocols/rtmp/status.ts';
import { connect } from '../../gateway/relay/rtmp-client.ts';
import type { RtmpClient, RtmpClientOptions } from '../../gateway/relay/rtmp-client.ts';
import { RtmpClientError } from '../../gateway/relay/rtmp-client-error.ts';
import type { RtmpClientErrorCode } from '../../gateway/relay/rtmp-client-error.ts';

/** The server's end of one connection, which says what the test tells it to. */
class Peer extends EventEmitter<{
  command: [command: Command, message: RtmpMessage];
  control: [message: ControlMessage];
  media: [message: RtmpMessage];
  closed: [];
}> {
  readonly socket: Socket;
  readonly commands: Command[] = [];
  readonly #writer = new ChunkWriter();

  constructor(socket: Socket) {
    super();
    this.socket = socket;
    const handshake = new ServerHandshake(randomBytes);
    const reader = new ChunkReader();
    let open = false;
    socket.on('error', () => undefined);
    socket.on('close', () => this.emit('closed'));
    socket.on('data', (data) => {
      if (open) {
        reader.push(data, (message) => this.#handle(message));
        return;
      }
      const step = handshake.push(data);
      if (step.send !== undefined) socket.write(step.send);
      open = step.done;
      if (step.rest !== undefined) reader.push(step.rest, (message) => this.#handle(message));
    });
  }

  #handle(message: RtmpMessage): void {
    if (control.isControl(message.type)) {
      this.emit('control', control.parseControl(message));
    } else if (isCommand(message.type)) {
      const command = decodeCommand(message);
      this.commands.push(command);
      this.emit('command', command, message);
    } else {
      this.emit('media', message);
    }
  }

  send(message: Partial<RtmpMessage>): void {
    const usual = {
      type: 9,
      streamId: 1,
      timestamp: 0,
      chunkStreamId: 6,
      payload: Buffer.alloc(0),
    };
    this.socket.write(this.#writer.write({ ...usual, ...message }));
  }

  command(command: Command, streamId = 0): void {
    this.send({ ...encodeCommand(command), streamId, chunkStreamId: 3 });
  }

  /** Resolves with the next control message of that kind. */
  async nextControl<K extends ControlMessage['kind']>(
    kind: K,
  ): Promise<ControlMessage & { kind: K }> {
    for await (const [message] of on(this, 'control') as AsyncIterable<[ControlMessage]>) {
      if (message.kind === kind) return message as ControlMessage & { kind: K };
    }
    throw new Error('the connection ended');
  }
}

/** What a server that agrees with everything does. */
function agree(peer: Peer, command: Command, message: RtmpMessage): void {
  const { name, transactionId } = command;
  if (name === 'connect') peer.command(status.result(transactionId, null, {}));
  if (name === 'createStream') peer.command(status.result(transactionId, null, 1));
  if (name === 'publish') {
    peer.command(status.onStatus('NetStream.Publish.Start', 'Go.'), message.streamId);
  }
  if (name === 'play') {
    peer.command(status.onStatus('NetStream.Play.Reset', 'Reset.'), message.streamId);
    peer.command(status.onStatus('NetStream.Play.Start', 'Go.'), message.streamId);
  }
}

type Script = (peer: Peer, command: Command, message: RtmpMessage) => void;

/** Starts a server that answers commands by `script`; `peers` are its connections. */
async function serve(
  t: TestContext,
  script: Script = agree,
): Promise<{ url: string; peers: Peer[] }> {
  const peers: Peer[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    const peer = new Peer(socket);
    peer.on('command', (command, message) => script(peer, command, message));
    peers.push(peer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const peer of peers) peer.socket.destroy();
    server.close();
  });
  return { url: `rtmp://127.0.0.1:${(server.address() as AddressInfo).port}/live/lesson`, peers };
}

/** A connected client and its peer. */
async function pair(
  t: TestContext,
  options: RtmpClientOptions = {},
  script: Script = agree,
): Promise<{ client: RtmpClient; peer: Peer }> {
  const { url, peers } = await serve(t, script);
  const client = await connect(url, options);
  t.after(() => client.close());
  return { client, peer: peers[0]! };
}

function fails(promise: Promise<unknown>, code: RtmpClientErrorCode, told = ''): Promise<void> {
  return assert.rejects(
    promise,
    (error) => error instanceof RtmpClientError && error.code === code && error.status === told,
  );
}

/** The reason with which the client ends. */
async function end(client: RtmpClient): Promise<RtmpClientError | undefined> {
  const [reason] = (await once(client, 'close')) as [RtmpClientError | undefined];
  return reason;
}

suite('RTMP client: connect', () => {
  test('says application and address as they were given', async (t) => {
    const { url, peers } = await serve(t);
    const client = await connect(url.replace('/live/', '/live?vhost=x/'), {
      properties: { flashVer: 'test', pageUrl: 'http://page/' },
    });
    t.after(() => client.close());
    const command = peers[0]?.commands[0];
    assert.equal(command?.name, 'connect');
    assert.equal(command.transactionId, 1);
    const object = command.object as AmfObject;
    assert.equal(object['app'], 'live?vhost=x');
    assert.equal(object['tcUrl'], url.replace('/live/lesson', '/live?vhost=x'));
    assert.deepEqual([object['flashVer'], object['pageUrl']], ['test', 'http://page/']);
    assert.ok(Array.isArray(object['fourCcList']));
  });

  test('a refusal has the server’s code, and ends the connection', async (t) => {
    const { url, peers } = await serve(t, (peer, { transactionId }) => {
      peer.command(status.error(transactionId, 'NetConnection.Connect.Rejected', 'No.'));
    });
    const refused = connect(url);
    await assert.rejects(refused, /NetConnection\.Connect\.Rejected, No\./);
    await fails(refused, 'RTMP_CLIENT_REFUSED', 'NetConnection.Connect.Rejected');
    await gone(peers[0]!);
  });

  test('nobody there', async (t) => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    await fails(connect(`rtmp://127.0.0.1:${port}/live`), 'RTMP_CLIENT_CONNECT');
    t.diagnostic(`nothing listens on ${port}`);
  });

  test('an address that is none', async () => {
    await assert.rejects(connect('http://127.0.0.1/'), { code: 'RTMP_BAD_URL' });
  });

  test('a server that says nothing, before the handshake and after', async (t) => {
    const mute = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.resume();
      t.after(() => socket.destroy());
    });
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    t.after(() => mute.close());
    const { port } = mute.address() as AddressInfo;
    await fails(connect(`rtmp://127.0.0.1:${port}/live`, { timeoutMs: 50 }), 'RTMP_CLIENT_TIMEOUT');
    const { url } = await serve(t, () => undefined);
    await fails(connect(url, { timeoutMs: 50 }), 'RTMP_CLIENT_TIMEOUT');
  });

  test('a server that closes instead of answering', async (t) => {
    const { url } = await serve(t, (peer) => peer.socket.end());
    await fails(connect(url), 'RTMP_CLIENT_CLOSED');
  });

  test('a server that does not speak RTMP', async (t) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    await fails(connect(`rtmp://127.0.0.1:${port}/live`), 'RTMP_CLIENT_PROTOCOL');
  });

  test('a signal ends it at any time', async (t) => {
    const asked = Promise.withResolvers<Peer>();
    const { url } = await serve(t, (peer) => asked.resolve(peer));
    await fails(connect(url, { signal: AbortSignal.abort() }), 'RTMP_CLIENT_ABORTED');
    const controller = new AbortController();
    const aborted = fails(connect(url, { signal: controller.signal }), 'RTMP_CLIENT_ABORTED');
    const peer = await asked.promise;
    controller.abort();
    await aborted;
    await gone(peer);
  });

  test('AMF3 when asked: connect itself is AMF0, the rest AMF3', async (t) => {
    const types: [string, number][] = [];
    const { client } = await pair(t, { objectEncoding: 3 }, (peer, command, message) => {
      types.push([command.name, message.type]);
      agree(peer, command, message);
    });
    await client.publish();
    assert.deepEqual(types[0], ['connect', MessageType.commandAmf0]);
    assert.deepEqual(types.at(-1), ['publish', MessageType.commandAmf3]);
  });
});

suite('RTMP client: publish', () => {
  test('the commands of an encoder, then media', async (t) => {
    const { client, peer } = await pair(t);
    assert.equal(await client.publish(), 1);
    assert.deepEqual(
      peer.commands.slice(1).map(({ name, args }): [string, AmfValue[]] => [name, args]),
      [
        ['releaseStream', ['lesson']],
        ['FCPublish', ['lesson']],
        ['createStream', []],
        ['publish', ['lesson', 'live']],
      ],
    );
    const media = collect(peer, 3);
    client.sendMedia(MessageType.video, 0, Buffer.from('1700', 'hex'));
    client.sendMedia(MessageType.audio, 2 ** 32 + 23, Buffer.alloc(70_000, 5));
    client.sendMedia(MessageType.dataAmf0, 40, Buffer.from('0500', 'hex'));
    assert.deepEqual(
      (await media).map(({ type, streamId, timestamp, payload }) => [
        type,
        streamId,
        timestamp,
        payload.length,
      ]),
      [
        [9, 1, 0, 2],
        [8, 1, 23, 70_000],
        [18, 1, 40, 2],
      ],
    );
  });

  test('a refusal has the server’s code; the stream is deleted, the connection stays', async (t) => {
    const { client, peer } = await pair(t, {}, (each, command, message) => {
      if (command.name === 'publish' && command.args[0] === 'taken') {
        each.command(status.onStatus('NetStream.Publish.BadName', 'Taken.'), message.streamId);
      } else {
        agree(each, command, message);
      }
    });
    await fails(client.publish('taken'), 'RTMP_CLIENT_REFUSED', 'NetStream.Publish.BadName');
    await client.publish('free');
    const names = peer.commands.map(({ name }) => name);
    assert.equal(names.filter((name) => name === 'deleteStream').length, 1);
  });

  test('a refusal on stream 0 is understood too', async (t) => {
    const { client } = await pair(t, {}, (each, command, message) => {
      if (command.name === 'publish') {
        each.command(status.onStatus('NetStream.Publish.Denied', 'No.'), 0);
      } else {
        agree(each, command, message);
      }
    });
    await fails(client.publish(), 'RTMP_CLIENT_REFUSED', 'NetStream.Publish.Denied');
  });

  test('back-pressure: false, then drain, and nothing is lost', async (t) => {
    const { client, peer } = await pair(t);
    await client.publish();
    peer.socket.pause();
    const payload = Buffer.alloc(60_000, 1);
    let sent = 0;
    let goOn = true;
    for (; goOn && sent < 1000; sent += 1) {
      goOn = client.sendMedia(MessageType.video, sent, payload);
    }
    assert.equal(goOn, false);
    assert.ok(client.queuedBytes > 0);
    const drained = once(client, 'drain');
    const received = collect(peer, sent);
    peer.socket.resume();
    await drained;
    assert.equal(client.queuedBytes, 0);
    assert.ok((await received).every((message, i) => message.timestamp === i));
  });

  test('takes leave: FCUnpublish, deleteStream, then the end; twice is once', async (t) => {
    const { client, peer } = await pair(t);
    await client.publish();
    const ended = end(client);
    const [first, second] = [client.close(), client.close()];
    await Promise.all([first, second]);
    assert.equal(await ended, undefined);
    await gone(peer);
    assert.deepEqual(
      peer.commands.slice(-2).map(({ name, args }): [string, AmfValue[]] => [name, args]),
      [
        ['FCUnpublish', ['lesson']],
        ['deleteStream', [1]],
      ],
    );
    await client.close();
    assert.equal(client.sendMedia(9, 0, Buffer.alloc(1)), false);
  });

  test('close disappoints who still waits', async (t) => {
    const { client } = await pair(t, {}, (peer, command, message) => {
      if (command.name !== 'publish') agree(peer, command, message);
    });
    const publishing = client.publish();
    const refused = fails(publishing, 'RTMP_CLIENT_ABORTED');
    await client.close();
    await refused;
  });
});

suite('RTMP client: play', () => {
  test('media, aggregates apart, and status', async (t) => {
    const { client, peer } = await pair(t);
    const media: RtmpMessage[] = [];
    const codes: AmfValue[] = [];
    client.on('media', (message) => media.push(message));
    client.on('status', (info) => codes.push(info['code']));
    const buffer = peer.nextControl('setBufferLength');
    assert.equal(await client.play('lesson', { start: -1, bufferMs: 250 }), 1);
    assert.equal((await buffer).milliseconds, 250);
    assert.deepEqual(peer.commands.at(-1)?.args, ['lesson', -1, -1]);
    peer.send({ type: 18, payload: Buffer.from('0500', 'hex') });
    const tag = '09 000001 000000 00 000000 aa 0000000c 08 000001 000015 00 000000 bb 0000000c';
    peer.send({
      type: 22,
      timestamp: 1000,
      payload: Buffer.from(tag.replaceAll(' ', ''), 'hex'),
    });
    const stopped = once(client, 'status', { signal: AbortSignal.timeout(10_000) });
    peer.command(status.onStatus('NetStream.Play.UnpublishNotify', 'Over.'), 1);
    await stopped;
    assert.deepEqual(
      media.map(({ type, timestamp }) => [type, timestamp]),
      [
        [18, 0],
        [9, 1000],
        [8, 1021],
      ],
    );
    assert.deepEqual(codes, [
      'NetStream.Play.Reset',
      'NetStream.Play.Start',
      'NetStream.Play.UnpublishNotify',
    ]);
  });

  test('media is an acceptance too', async (t) => {
    const { client } = await pair(t, {}, (peer, command, message) => {
      if (command.name === 'play') peer.send({ type: 9, payload: Buffer.of(0x17) });
      else agree(peer, command, message);
    });
    const first = once(client, 'media');
    await client.play();
    await first;
  });

  test('a stream that is not there', async (t) => {
    const { client } = await pair(t, {}, (peer, command, message) => {
      if (command.name === 'play') {
        peer.command(status.onStatus('NetStream.Play.StreamNotFound', ''), message.streamId);
      } else {
        agree(peer, command, message);
      }
    });
    await fails(client.play(), 'RTMP_CLIENT_REFUSED', 'NetStream.Play.StreamNotFound');
  });

  test('calls are answered by transaction; other commands are told', async (t) => {
    const { client, peer } = await pair(t, {}, (each, command, message) => {
      if (command.name === 'getStreamLength') {
        each.command(status.result(command.transactionId, null, 12.5));
      } else if (command.name === 'nonsense') {
        each.command(status.error(command.transactionId, 'NetConnection.Call.Failed', 'What?'));
      } else {
        agree(each, command, message);
      }
    });
    assert.equal(await client.call('getStreamLength', 'lesson'), 12.5);
    await fails(client.call('nonsense'), 'RTMP_CLIENT_REFUSED', 'NetConnection.Call.Failed');
    const told = once(client, 'command');
    peer.command({ name: 'onBWDone', transactionId: 0, object: null, args: [8192] });
    const [command] = (await told) as [Command];
    assert.deepEqual([command.name, command.args], ['onBWDone', [8192]]);
  });
});

suite('RTMP client: the link', () => {
  test('answers pings and Set Peer Bandwidth, notes acknowledgements', async (t) => {
    const { client, peer } = await pair(t, { windowBytes: 1234 });
    const pong = peer.nextControl('pingResponse');
    const window = peer.nextControl('windowAcknowledgementSize');
    peer.send(control.acknowledgement(777));
    peer.send(control.pingRequest(42));
    assert.equal((await pong).timestamp, 42);
    peer.send(control.setPeerBandwidth(1000, 'dynamic'));
    assert.equal((await window).size, 1234);
    assert.equal(client.acknowledged, 777);
  });

  test('acknowledges at least each window', async (t) => {
    const { client, peer } = await pair(t);
    await client.play();
    peer.send(control.windowAcknowledgementSize(10_000));
    for (let i = 0; i < 3; i += 1) {
      const acknowledged = peer.nextControl('acknowledgement');
      peer.send({ payload: Buffer.alloc(9_000), timestamp: i });
      const { sequenceNumber } = await acknowledged;
      assert.equal(sequenceNumber, client.bytesRead);
    }
  });

  test('a server that breaks RTMP ends it, with the cause', async (t) => {
    const { client, peer } = await pair(t);
    const ended = end(client);
    peer.socket.write(Buffer.from('c9', 'hex'));
    const reason = await ended;
    assert.equal(reason?.code, 'RTMP_CLIENT_PROTOCOL');
    assert.equal((reason.cause as { code?: string }).code, 'RTMP_CHUNK_HEADER');
    await gone(peer);
  });

  test('a listener that throws ends this connection, not the process', async (t) => {
    const { client, peer } = await pair(t);
    await client.play();
    const ended = end(client);
    client.on('media', () => {
      throw new RangeError('mine');
    });
    peer.send({ payload: Buffer.of(1) });
    const reason = await ended;
    assert.equal(reason?.code, 'RTMP_CLIENT_LISTENER');
    assert.ok(reason.cause instanceof RangeError);
  });

  test('a server that leaves, or resets, ends it once and for everybody', async (t) => {
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      const { client, peer } = await pair(t, {}, (each, command, message) => {
        if (command.name === 'publish') each.socket[leave]();
        else agree(each, command, message);
      });
      let ends = 0;
      client.on('close', () => (ends += 1));
      const ended = end(client);
      await fails(client.publish(), 'RTMP_CLIENT_CLOSED');
      assert.equal((await ended)?.code, 'RTMP_CLIENT_CLOSED');
      await client.close();
      assert.equal(ends, 1);
      await gone(peer);
    }
  });

  test('silence is noticed when asked', async (t) => {
    const { client } = await pair(t, { idleMs: 50 });
    assert.equal((await end(client))?.code, 'RTMP_CLIENT_TIMEOUT');
  });

  test('a server that never ends its half is left after the time limit', async (t) => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const peer = new Peer(socket);
      peer.on('command', (command, message) => agree(peer, command, message));
      t.after(() => socket.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const client = await connect(`rtmp://127.0.0.1:${port}/live`, { timeoutMs: 200 });
    await client.close();
  });
});

/** The next `count` media messages of the client. */
function collect(peer: Peer, count: number): Promise<RtmpMessage[]> {
  return new Promise((resolve) => {
    const messages: RtmpMessage[] = [];
    peer.on('media', (message) => {
      messages.push(message);
      if (messages.length === count) resolve(messages);
    });
  });
}

/** Resolves once the client's connection is gone. */
async function gone(peer: Peer): Promise<void> {
  if (!peer.socket.closed) await once(peer, 'closed');
}
