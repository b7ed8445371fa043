import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import type { AmfObject } from '../../gateway/protocols/amf/value.ts';
import * as control from '../../gateway/protocols/rtmp/control.ts';
import { MessageType } from '../../gateway/protocols/rtmp/message.ts';
import * as status from '../../gateway/protocols/rtmp/status.ts';
import { connect } from '../../gateway/relay/rtmp-client.ts';
import { freePort } from '../helpers/free-port.ts';
import { agree, end, fails, gone, pair, serve, Peer } from '../helpers/scripted-rtmp-server.ts';

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

  test('nobody there', async () => {
    const port = await freePort();
    await fails(connect(`rtmp://127.0.0.1:${port}/live`), 'RTMP_CLIENT_CONNECT');
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
