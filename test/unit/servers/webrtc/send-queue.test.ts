import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SendQueue } from '../../../../gateway/servers/webrtc/send-queue.ts';

const packet = (marker = false) => ({
  payload: Buffer.alloc(1000),
  timestamp: 1,
  marker,
  playoutMs: -1,
});

test('a frame goes at once; what is beyond the budget waits for its time', () => {
  const queue = new SendQueue(0);
  assert.equal(queue.isOpen, true);
  queue.spend(48_000);
  assert.equal(queue.isOpen, false);
  queue.push(packet());
  queue.push(packet(true));
  assert.equal(queue.frames, 1);
  assert.equal(queue.shift(), undefined);
  // 800 kbit/s times 2.5: 250 bytes a millisecond
  assert.equal(queue.waitMs(800_000), 8);
  queue.refill(1, 800_000);
  assert.equal(queue.shift()?.marker, false);
  queue.spend(1000);
  assert.equal(queue.shift(), undefined);
  queue.refill(5, 800_000);
  assert.equal(queue.shift()?.marker, true);
  assert.equal(queue.isEmpty, true);
});

test('nobody overtakes what waits', () => {
  const queue = new SendQueue(0);
  queue.push(packet());
  assert.equal(queue.isOpen, false);
  queue.clear();
  assert.equal(queue.isOpen, true);
});
