import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { suite, test } from 'node:test';
import { RtmpError } from '../../../../gateway/protocols/rtmp/errors.ts';
import { ClientHandshake, ServerHandshake } from '../../../../gateway/protocols/rtmp/handshake.ts';
import type { HandshakeStep } from '../../../../gateway/protocols/rtmp/handshake.ts';
import { singly } from './chunks.ts';

/** Bytes that look random and are the same each time. */
function random(count: number): Buffer {
  const bytes = Buffer.alloc(count);
  for (let i = 0; i < count; i += 1) bytes[i] = (i * 167 + (i >> 3) * 13 + 41) & 0xff;
  return bytes;
}

/** The digest written down once more, apart from the code under test. */
const tail = Buffer.from('F0EEC24A8068BEE82E00D0D1029E7E576EEC5D2D29806FAB93B8E636CFEB31AE', 'hex');
const player = Buffer.from('Genuine Adobe Flash Player 001');
const mediaServer = Buffer.from('Genuine Adobe Flash Media Server 001');

function hmac(key: Buffer, data: Buffer): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function digestAt(packet: Buffer, block: 8 | 772): number {
  const sum = [0, 1, 2, 3].reduce((total, i) => total + (packet[block + i] ?? 0), 0);
  return (sum % 728) + block + 4;
}

function digestOf(packet: Buffer, block: 8 | 772, key: Buffer): Buffer {
  const at = digestAt(packet, block);
  return hmac(key, Buffer.concat([packet.subarray(0, at), packet.subarray(at + 32)]));
}

/** C0 and C1 of Flash Player in one of the two schemas. */
function signedC1(block: 8 | 772): Buffer {
  const c1 = random(1536);
  c1.set([0, 0, 0, 1, 10, 0, 12, 36]);
  digestOf(c1, block, player).copy(c1, digestAt(c1, block));
  return Buffer.concat([Buffer.of(3), c1]);
}

function plainC1(): Buffer {
  const c1 = random(1536);
  c1.set([1, 2, 3, 4, 0, 0, 0, 0]);
  return Buffer.concat([Buffer.of(3), c1]);
}

/** Pushes each part; answers all that was to be sent, and the last step. */
function pushAll(
  handshake: ServerHandshake | ClientHandshake,
  parts: Buffer[],
): { sent: Buffer; last: HandshakeStep } {
  const sent: Buffer[] = [];
  let last: HandshakeStep = { done: false };
  for (const part of parts) {
    assert.equal(last.done, false);
    last = handshake.push(part);
    if (last.send !== undefined) sent.push(last.send);
  }
  return { sent: Buffer.concat(sent), last };
}

suite('ServerHandshake', () => {
  test('plain: S1 with version 0, S2 the echo of C1', () => {
    const server = new ServerHandshake(random, () => 0x1_0000_0007);
    const c0c1 = plainC1();
    const { send, done } = server.push(c0c1);
    assert.equal(server.kind, 'plain');
    assert.equal(done, false);
    assert.equal(send?.length, 3073);
    assert.equal(send[0], 3);
    assert.equal(send.subarray(1, 9).toString('hex'), '0000000700000000');
    const s2 = send.subarray(1537);
    assert.deepEqual(s2.subarray(0, 4), c0c1.subarray(1, 5));
    assert.equal(s2.readUInt32BE(4), 7);
    assert.deepEqual(s2.subarray(8), c0c1.subarray(9));
  });

  for (const block of [8, 772] as const) {
    test(`digest at ${block}: S1 signed in the same schema, S2 signed for C1's digest`, () => {
      const server = new ServerHandshake(random);
      const c0c1 = signedC1(block);
      const { send } = server.push(c0c1);
      assert.ok(send);
      assert.equal(server.kind, 'digest');
      const s1 = send.subarray(1, 1537);
      assert.notEqual(s1.readUInt32BE(4), 0);
      const at = digestAt(s1, block);
      assert.deepEqual(s1.subarray(at, at + 32), digestOf(s1, block, mediaServer));
      const c1 = c0c1.subarray(1);
      const digest = c1.subarray(digestAt(c1, block), digestAt(c1, block) + 32);
      const s2 = send.subarray(1537);
      const key = hmac(Buffer.concat([mediaServer, tail]), digest);
      assert.deepEqual(s2.subarray(1504), hmac(key, s2.subarray(0, 1504)));
    });
  }

  test('a version without a valid digest gets the plain answer', () => {
    const server = new ServerHandshake(random);
    const c0c1 = signedC1(8);
    c0c1[700] = (c0c1[700] ?? 0) ^ 1;
    const { send } = server.push(c0c1);
    assert.equal(server.kind, 'plain');
    assert.deepEqual(send?.subarray(1537 + 8), c0c1.subarray(9));
  });

  test('split into single bytes, and all at once with the first chunk behind', () => {
    const rest = Buffer.from('chunks');
    const all = Buffer.concat([signedC1(8), Buffer.alloc(1536), rest]);
    const whole = pushAll(new ServerHandshake(random), [all]);
    assert.deepEqual(whole.last.rest, rest);
    const split = pushAll(new ServerHandshake(random), singly(all.subarray(0, 3073)));
    assert.deepEqual(split.sent, whole.sent);
    assert.equal(split.last.done, true);
    assert.equal(split.last.rest?.length, 0);
  });

  test('takes anything for C2', () => {
    const server = new ServerHandshake(random);
    server.push(plainC1());
    assert.equal(server.push(Buffer.alloc(1535, 0xff)).done, false);
    assert.equal(server.push(Buffer.alloc(1, 0xff)).done, true);
  });

  test('does not take the bytes of the caller for its own', () => {
    const server = new ServerHandshake(random);
    const first = plainC1();
    server.push(first.subarray(0, 1000));
    const wanted = Buffer.from(first);
    first.fill(0, 0, 1000);
    const { send } = server.push(first.subarray(1000));
    assert.deepEqual(send?.subarray(1537 + 8), wanted.subarray(9));
  });

  test('refuses other protocols by their first byte', () => {
    const cases: [first: string, code: string][] = [
      ['GET / HTTP/1.1\r\n', 'RTMP_HANDSHAKE_VERSION'],
      ['\x16\x03\x01', 'RTMP_HANDSHAKE_VERSION'],
      ['\x00', 'RTMP_HANDSHAKE_VERSION'],
      ['\x06', 'RTMP_HANDSHAKE_ENCRYPTED'],
      ['\x08', 'RTMP_HANDSHAKE_ENCRYPTED'],
    ];
    for (const [first, code] of cases) {
      assert.throws(
        () => new ServerHandshake(random).push(Buffer.from(first, 'latin1')),
        (error) => error instanceof RtmpError && error.code === code,
        JSON.stringify(first),
      );
    }
    assert.deepEqual(new ServerHandshake(random).push(Buffer.alloc(0)), {
      send: undefined,
      done: false,
    });
  });
});

suite('ClientHandshake', () => {
  test('C1 is signed as Flash Player signs it', () => {
    const start = new ClientHandshake(random, () => 5).start();
    assert.equal(start.length, 1537);
    assert.equal(start[0], 3);
    const c1 = start.subarray(1);
    assert.equal(c1.readUInt32BE(0), 5);
    assert.notEqual(c1.readUInt32BE(4), 0);
    const at = digestAt(c1, 8);
    assert.deepEqual(c1.subarray(at, at + 32), digestOf(c1, 8, player));
  });

  for (const block of [8, 772] as const) {
    test(`answers S1 with a digest at ${block} with a signed C2`, () => {
      const client = new ClientHandshake(random);
      client.start();
      const s1 = random(1536);
      digestOf(s1, block, mediaServer).copy(s1, digestAt(s1, block));
      const digest = s1.subarray(digestAt(s1, block), digestAt(s1, block) + 32);
      const { send, done } = client.push(Buffer.concat([Buffer.of(3), s1]));
      assert.equal(done, false);
      assert.equal(send?.length, 1536);
      const key = hmac(Buffer.concat([player, tail]), digest);
      assert.deepEqual(send.subarray(1504), hmac(key, send.subarray(0, 1504)));
    });
  }

  test('answers a plain S1 with its echo', () => {
    const client = new ClientHandshake(random, () => 9);
    client.start();
    const s1 = random(1536);
    const { send } = client.push(Buffer.concat([Buffer.of(3), s1]));
    assert.deepEqual(send?.subarray(0, 4), s1.subarray(0, 4));
    assert.equal(send?.readUInt32BE(4), 9);
    assert.deepEqual(send?.subarray(8), s1.subarray(8));
  });

  test('goes through with our server, at any split', () => {
    for (const size of [1, 7, 1536, 1537, 5000]) {
      const server = new ServerHandshake(random);
      const client = new ClientHandshake(random);
      const toServer = pushAll(server, split(client.start(), size));
      const toClient = pushAll(client, split(toServer.sent, size));
      assert.equal(toClient.last.done, true);
      assert.equal(pushAll(server, split(toClient.sent, size)).last.done, true);
      assert.equal(server.kind, 'digest');
    }
  });

  test('refuses a server that speaks another version', () => {
    const client = new ClientHandshake(random);
    client.start();
    assert.throws(() => client.push(Buffer.from('HTTP/1.1 400')), {
      code: 'RTMP_HANDSHAKE_VERSION',
    });
  });
});

function split(data: Buffer, size: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < data.length; at += size) parts.push(data.subarray(at, at + size));
  return parts;
}
