import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import type { AmfValue } from '../../gateway/protocols/amf/value.ts';
import type { Command } from '../../gateway/protocols/rtmp/command.ts';
import { MessageType } from '../../gateway/protocols/rtmp/message.ts';
import type { RtmpMessage } from '../../gateway/protocols/rtmp/message.ts';
import * as status from '../../gateway/protocols/rtmp/status.ts';
import { agree, collect, end, fails, gone, pair } from '../helpers/scripted-rtmp-server.ts';

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
