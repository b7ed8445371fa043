import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { encodeAmf0 } from '../../gateway/protocols/amf/amf0.ts';
import { videoBody } from '../../gateway/protocols/flv/tag-body.ts';
import { setChunkSize } from '../../gateway/protocols/rtmp/control.ts';
import { MessageType } from '../../gateway/protocols/rtmp/message.ts';
import { startTestGateway, type TestGateway } from '../helpers/gateway.ts';
import { heldBytes } from '../helpers/memory.ts';
import { numberedPicture, publishNumbered } from '../helpers/numbered-publisher.ts';
import { watchRtmp } from '../helpers/numbered-viewer.ts';
import { rawConnection, rawHello, rawRtmp, type RawRtmp } from '../helpers/raw-rtmp.ts';

/** Bytes without sense, the same in every run. */
function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** A stream beside the trouble; `check` asserts that it goes on, frame by frame. */
async function neighbour(t: TestContext, server: TestGateway) {
  const publisher = await publishNumbered(t, `${server.rtmp}/neighbour`);
  const viewer = await watchRtmp(t, `${server.rtmp}/neighbour`);
  await server.players(1, 'neighbour');
  await viewer.frames.upTo(publisher.send(3));
  return {
    publisher,
    async goesOn() {
      await viewer.frames.upTo(publisher.send(2));
      viewer.frames.assertGapless(0, publisher.next - 1);
    },
  };
}

const u24 = (value: number): number[] => [value >> 16, (value >> 8) & 255, value & 255];

/** A type 0 chunk header (RTMP 1.0, 5.3.1.2.1) for chunk streams 2 to 63. */
function chunkHeader(id: number, length: number, type: number, streamId = 0): number[] {
  return [id, 0, 0, 0, ...u24(length), type, streamId, 0, 0, 0];
}

/** AMF0 objects in objects: `depth` times the property `a`. */
function nested(depth: number): Buffer {
  const open = Buffer.from([3, 0, 1, 0x61]);
  return Buffer.concat([
    encodeAmf0('connect', 1),
    ...Array.from({ length: depth }, () => open),
    Buffer.of(5),
  ]);
}

const connectCommand = (port: number) => ({ app: 'live', tcUrl: `rtmp://127.0.0.1:${port}/live` });

interface Case {
  readonly name: string;
  /** What the log's one line about it must say. */
  readonly says: RegExp;
  readonly send: (client: RawRtmp, port: number) => void | Promise<void>;
}

/** All of these come after a handshake, and end the connection. */
const cases: Case[] = [
  {
    name: 'random bytes',
    says: /\((RTMP|AMF)_\w+\)/,
    send: (client) => client.write(noise(100_000, 1)),
  },
  {
    name: 'a Set Chunk Size of 0',
    says: /Set Chunk Size says 0; .*\(RTMP_CHUNK_SIZE\)/,
    send: (client) => client.write(chunkHeader(2, 4, 1), [0, 0, 0, 0]),
  },
  {
    name: 'a Set Chunk Size of two bytes',
    says: /of 2 bytes; expected at least 4. \(RTMP_BAD_CONTROL\)/,
    send: (client) => client.write(chunkHeader(2, 2, 1), [0, 0]),
  },
  {
    name: 'a declared message of 16 MB',
    says: /A message of 16777215 bytes .*\(RTMP_MESSAGE_TOO_LARGE\)/,
    send: (client) => client.write(chunkHeader(6, 0xffffff, 9), Buffer.alloc(128)),
  },
  {
    name: '65,000 chunk streams',
    says: /Chunk stream \d+ would be one more than .*\(RTMP_CHUNK_STREAMS\)/,
    send(client) {
      for (let id = 64; id < 65_064; id++) {
        const index = id - 64;
        client.write([1, index & 255, index >> 8, 0, 0, 0, ...u24(1), 9, 0, 0, 0, 0, 0]);
      }
    },
  },
  {
    name: 'many chunk streams with a large message begun on each',
    says: /Unfinished messages would take .*\(RTMP_ASSEMBLY_TOO_LARGE\)/,
    send(client) {
      client.message(1, setChunkSize(1_000_000).payload, 0, 2);
      for (let id = 3; id < 40; id++) {
        client.write(chunkHeader(id, 8_000_000, 9), Buffer.alloc(1_000_000));
      }
    },
  },
  {
    name: 'a header in the middle of a message',
    says: /inside a message of which 128 of 1000 bytes have come; .*\(RTMP_CHUNK_HEADER\)/,
    send: (client) =>
      client.write(chunkHeader(6, 1000, 9), Buffer.alloc(128), chunkHeader(6, 10, 9)),
  },
  {
    name: 'a message that continues nothing',
    says: /type 3 header on chunk stream 40, .*\(RTMP_CHUNK_HEADER\)/,
    send: (client) => client.write([0xc0 | 40]),
  },
  {
    name: 'garbage between the chunks of a publisher',
    says: /publish ended: .*\((RTMP|FLV|AMF)_\w+\)/,
    async send(client) {
      await client.publish('victim');
      client.message(9, Buffer.from([0x17, 0, 0, 0, 0, 1]), 1, 6);
      client.write(chunkHeader(6, 300, 9, 1), Buffer.alloc(128), noise(5000, 7));
    },
  },
  {
    name: 'a command before connect',
    says: /The command "createStream" came before connect. \(RTMP_BAD_COMMAND\)/,
    send: (client) => client.command('createStream', 2, 0, null),
  },
  {
    name: 'a command that is cut off',
    says: /\(AMF_TRUNCATED\)/,
    send(client, port) {
      const whole = encodeAmf0('connect', 1, connectCommand(port));
      client.message(MessageType.commandAmf0, whole.subarray(0, whole.length - 9));
    },
  },
  {
    name: 'a command without a name',
    says: /\((RTMP_BAD_COMMAND|AMF_\w+)\)/,
    send: (client) => client.message(MessageType.commandAmf0, Buffer.alloc(0)),
  },
  {
    name: 'AMF nested 100,000 deep',
    says: /\(AMF_TOO_DEEP\)/,
    send: (client) => client.message(MessageType.commandAmf0, nested(100_000)),
  },
  {
    name: 'an AMF string that claims 4 GB',
    says: /\(AMF_(TRUNCATED|TOO_LARGE)\)/,
    send(client) {
      const claim = Buffer.from([0x0c, 0xff, 0xff, 0xff, 0xff, 0x61]);
      const body = Buffer.concat([encodeAmf0('connect', 1), claim]);
      client.message(MessageType.commandAmf0, body);
    },
  },
  {
    name: 'an AMF list that claims 4 billion entries',
    says: /\(AMF_(TRUNCATED|TOO_LARGE)\)/,
    send(client) {
      const claim = Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 5, 5]);
      const body = Buffer.concat([encodeAmf0('connect', 1), claim]);
      client.message(MessageType.commandAmf0, body);
    },
  },
  {
    name: 'an AMF3 command that refers to what is not there',
    says: /\(AMF_\w+\)/,
    send: (client) => client.message(MessageType.commandAmf3, Buffer.from([0, 0x11, 0x0a, 0x7e])),
  },
  {
    name: 'a user control message of one byte',
    says: /\(RTMP_BAD_CONTROL\)/,
    send: (client) => client.message(MessageType.userControl, Buffer.of(0), 0, 2),
  },
  {
    name: 'an application that is not there',
    says: /There is no application "other"/,
    send: (client) => client.command('connect', 1, 0, { app: 'other', tcUrl: 'rtmp://h/other' }),
  },
  {
    name: 'publish without a name',
    says: /The name is missing/,
    send(client, port) {
      client.command('connect', 1, 0, connectCommand(port));
      client.command('createStream', 2, 0, null);
      client.command('publish', 3, 1, null);
    },
  },
  {
    name: 'publish with a path for a name',
    says: /The name "\.\.\/\.\.\/etc\/passwd"/,
    send(client, port) {
      client.command('connect', 1, 0, connectCommand(port));
      client.command('createStream', 2, 0, null);
      client.command('publish', 3, 1, null, '../../etc/passwd', 'live');
    },
  },
  {
    name: 'a picture that is cut off',
    says: /publish ended: .*\(FLV_TRUNCATED\)/,
    async send(client) {
      await client.publish('victim');
      client.message(MessageType.video, Buffer.from([0x17, 1]), 1, 6);
    },
  },
  {
    name: 'an aggregate whose parts do not fill it',
    says: /publish ended: .*\(RTMP_BAD_AGGREGATE\)/,
    async send(client) {
      await client.publish('victim');
      const part = Buffer.from([9, ...u24(5000), 0, 0, 0, 0, 0, 0, 0, 0x17]);
      client.message(MessageType.aggregate, part, 1, 6);
    },
  },
];

void test('bad RTMP after the handshake', async (t) => {
  const server = await startTestGateway(t, { log_level: 'info' });
  const { port } = new URL(server.rtmp);
  const beside = await neighbour(t, server);
  // Connections of the neighbour are counted in; those of the cases must go away.
  const held = heldBytes();

  for (const { name, says, send } of cases) {
    await t.test(name, async (t) => {
      const client = await rawRtmp(t, Number(port));
      const from = server.log.length;
      await send(client, Number(port));
      const line = await server.logged(says, from);
      await client.closed;
      await beside.goesOn();
      const lines = server.log.slice(from);
      const reasons = lines.filter((text) => /ended|refused|failed/.test(text));
      assert.equal(reasons.length, 1, `one line says why:\n${lines.join('\n')}`);
      assert.equal(reasons[0], line);
      assert.ok(line.length < 500, `the line has ${line.length} characters`);
      assert.match(line, / warn | info /, 'the fault is the client’s, not ours');
      const others = server.gateway.registry.list(({ details }) => details.name !== 'neighbour');
      assert.deepEqual(others, [], 'its session is over');
    });
  }
  const more = heldBytes() - held;
  assert.ok(more < 8e6, `${more} bytes are still held`);
});

void test('bad RTMP in the handshake, and connections that do nothing', async (t) => {
  const server = await startTestGateway(t, { handshake_timeout: 1 });
  const port = Number(new URL(server.rtmp).port);
  const beside = await neighbour(t, server);

  await t.test('an HTTP request', async (t) => {
    const client = rawConnection(t, port);
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await server.logged(/first byte is 71; expected RTMP version 3. \(RTMP_HANDSHAKE_VERSION\)/);
    await client.closed;
  });
  await t.test('encrypted RTMP', async (t) => {
    const client = rawConnection(t, port);
    client.write([6], Buffer.alloc(1536));
    await server.logged(/encrypted RTMP .*\(RTMP_HANDSHAKE_ENCRYPTED\)/);
    await client.closed;
  });

  const idle = /RTMP connection ended: Nothing was published or played for 1 s/;
  const stalls: [name: string, bytes: () => Promise<Uint8Array>][] = [
    ['nothing at all', async () => Buffer.alloc(0)],
    ['half of C1', async () => rawHello.subarray(0, 700)],
    ['C0 and C1 without C2', async () => rawHello],
  ];
  for (const [name, bytes] of stalls) {
    await t.test(`a client that sends ${name}`, async (t) => {
      const from = server.log.length;
      const client = rawConnection(t, port);
      client.write(await bytes());
      await client.closed;
      assert.match(server.log.slice(from).join('\n'), idle);
    });
  }
  await t.test('a client that connects and never publishes or plays', async (t) => {
    const from = server.log.length;
    const client = await rawRtmp(t, port);
    client.command('connect', 1, 0, connectCommand(port));
    await client.closed;
    assert.match(server.log.slice(from).join('\n'), idle);
  });
  await t.test('a client that leaves in the middle of a message', async (t) => {
    const client = await rawRtmp(t, port);
    await client.publish('short');
    client.write(chunkHeader(6, 5000, 9, 1), Buffer.alloc(128));
    client.socket.end();
    await server.logged(/publish ended: The client closed the connection.*live\/short/);
  });
  await t.test('200 half-open connections at once', async (t) => {
    const clients = Array.from({ length: 200 }, () => rawConnection(t, port));
    for (const client of clients) client.write(rawHello.subarray(0, 1000));
    await beside.goesOn();
    await Promise.all(clients.map(({ closed }) => closed));
  });
  await beside.goesOn();
});

void test('what looks bad and is not ends nothing', async (t) => {
  const server = await startTestGateway(t);
  const port = Number(new URL(server.rtmp).port);
  const beside = await neighbour(t, server);

  await t.test('connect without tcUrl, empty media, unknown messages, early media', async (t) => {
    const client = await rawRtmp(t, port);
    client.command('connect', 1, 0, { app: 'live' });
    client.command('createStream', 2, 0, null);
    client.command('noSuchThing', 3, 0, null);
    client.message(99, noise(100, 3));
    client.message(MessageType.sharedObjectAmf0, noise(100, 4));
    client.message(MessageType.video, noise(100, 5), 1, 6);
    client.command('publish', 4, 1, null, 'odd', 'live');
    client.message(MessageType.video, Buffer.alloc(0), 1, 6);
    client.message(MessageType.audio, Buffer.alloc(0), 1, 4);
    client.message(MessageType.video, Buffer.from([0x1f, 1, 2, 3]), 1, 6);
    client.message(MessageType.video, Buffer.from([0x17, 2, 0, 0, 0]), 1, 6);
    await server.streamIs('odd', 'live');
    // A command that is answered shows that everything before it was taken.
    const before = client.received.length;
    client.command('getStreamLength', 9, 0, null, 'odd');
    await client.got(before + 1);
    assert.equal(server.gateway.hub.find('odd')?.state, 'live');
    await server.logged(/left out: Video codec id 15 is not supported/);
    assert.ok(
      client.received.includes('NetConnection.Call.Failed'),
      'unknown commands are answered',
    );
    client.socket.destroy();
    await server.logged(/publish ended: .*live\/odd/);
  });

  await t.test('media on stream 0 means the only stream that there is', async (t) => {
    const client = await rawRtmp(t, port);
    await client.publish('zero');
    const viewer = await watchRtmp(t, `${server.rtmp}/zero`);
    const picture = numberedPicture(7, true, 10);
    const body = videoBody({ codec: 'h264', role: 'key', compositionTime: 0, payload: picture });
    client.message(MessageType.video, body, 0, 6);
    await viewer.frames.upTo(7, ['video']);
  });

  await t.test('a player that sends pictures reaches nobody', async (t) => {
    const client = await rawRtmp(t, port);
    client.command('connect', 1, 0, connectCommand(port));
    client.command('createStream', 2, 0, null);
    client.command('play', 3, 1, null, 'neighbour');
    await server.players(2, 'neighbour');
    client.message(MessageType.video, Buffer.from([0x17, 1, 0, 0, 0, 0, 0, 0, 1, 0x65]), 1, 6);
    client.command('getStreamLength', 9, 0, null, 'neighbour');
    await beside.goesOn();
    client.socket.destroy();
  });
  await beside.goesOn();
});
