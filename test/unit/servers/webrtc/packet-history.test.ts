import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketHistory } from '../../../../gateway/servers/webrtc/packet-history.ts';

test('packets are found by number until they are overwritten', () => {
  const history = new PacketHistory();
  for (let index = 0; index < 1100; index++) {
    history.add(index, Buffer.from([index & 0xff]), index * 10, index % 7, index % 2 === 0, -1, 5);
  }
  assert.equal(history.find(75), -1);
  assert.equal(history.find(1100), -1);
  assert.equal(history.find(-1), -1);
  const slot = history.find(1099);
  assert.notEqual(slot, -1);
  assert.deepEqual(history.payload(slot), Buffer.from([1099 & 0xff]));
  assert.equal(history.timestamp(slot), 10_990);
  assert.equal(history.transportSequence(slot), 0);
  assert.equal(history.marker(slot), false);
  assert.equal(history.playoutMs(slot), -1);
  assert.equal(history.sentAt(slot), 5);
});

test('a packet is repeated at most once in an interval', () => {
  const history = new PacketHistory();
  history.add(3, Buffer.alloc(1), 0, 0, true, 0, 0);
  const slot = history.find(3);
  assert.equal(history.mayResend(slot, 100, 50), true);
  assert.equal(history.mayResend(slot, 149, 50), false);
  assert.equal(history.mayResend(slot, 150, 50), true);
});

test('a new packet in the slot may be repeated at once', () => {
  const history = new PacketHistory();
  history.add(3, Buffer.alloc(1), 0, 0, true, -1, 0);
  assert.equal(history.mayResend(history.find(3), 100, 50), true);
  history.add(3 + 1024, Buffer.alloc(1), 0, 0, true, -1, 0);
  assert.equal(history.mayResend(history.find(3 + 1024), 101, 50), true);
});
