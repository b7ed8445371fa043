import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openFlv } from '../../../../web-player/src/transports/flv-connection.ts';

/** A socket that the test plays the gateway's part of. */
class FakeSocket {
  static last: FakeSocket;
  binaryType = '';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  closedWith: number | undefined;

  constructor() {
    FakeSocket.last = this;
  }
  close(code: number) {
    this.closedWith = code;
  }
}

const before = globalThis.WebSocket;
Object.assign(globalThis, { WebSocket: FakeSocket });

function open() {
  const told: string[] = [];
  const connection = openFlv('ws://gateway/live/lesson.flv', {
    opened: () => told.push('opened'),
    received: (bytes) => told.push(`received ${bytes.byteLength}`),
    ended: () => told.push('ended'),
    failed: (error) => told.push(`failed: ${error.code}`),
  });
  return { connection, socket: FakeSocket.last, told };
}

describe('an FLV connection over a WebSocket', () => {
  after(() => Object.assign(globalThis, { WebSocket: before }));

  it('hands on what comes, and counts it', () => {
    const { connection, socket, told } = open();
    socket.onopen?.();
    socket.onmessage?.({ data: new ArrayBuffer(7) });
    socket.onmessage?.({ data: 'text is none of ours' });
    assert.deepEqual(told, ['opened', 'received 7']);
    assert.equal(connection.bytesReceived, 7);
  });

  for (const [code, reason, expected] of [
    [1000, '', 'ended'],
    [1006, '', 'failed: network'],
    [1008, 'Dropped.', 'failed: refused'],
    [4403, 'forbidden: no.', 'failed: refused'],
    [4404, 'not_live: nobody publishes.', 'failed: not_live'],
    [4503, 'limit: full.', 'failed: limit'],
  ] as const) {
    it(`understands a close with ${code}`, () => {
      const { socket, told } = open();
      socket.onclose?.({ code, reason });
      assert.deepEqual(told, [expected]);
    });
  }

  it('says nothing after it was closed', () => {
    const { connection, socket, told } = open();
    connection.close();
    assert.equal(socket.closedWith, 1000);
    assert.equal(socket.onclose, null);
    assert.deepEqual(told, []);
  });
});
