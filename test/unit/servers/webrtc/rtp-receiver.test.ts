import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arrivals } from '../../../../gateway/servers/webrtc/arrivals.ts';
import { RtpReceiver } from '../../../../gateway/servers/webrtc/rtp-receiver.ts';

const create = (patienceMs = 100) => {
  const got: (number | 'gap')[] = [];
  const receiver = new RtpReceiver(9, {
    clockRate: 90_000,
    patienceMs,
    onPayload: (payload) => got.push(payload.readUInt16BE(0)),
    onGap: () => got.push('gap'),
  });
  const receive = (sequence: number, now = 0): void => {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(sequence & 0xffff);
    receiver.receive(sequence & 0xffff, sequence * 900, true, payload, now);
  };
  return { receiver, got, receive };
};

test('packets come out in order, across the wrap, each once', () => {
  const { got, receive } = create();
  for (const sequence of [65534, 0, 65535, 65535, 1, 3, 2, 2]) receive(sequence);
  assert.deepEqual(got, [65534, 65535, 0, 1, 2, 3]);
});

test('what is missing is asked for at once, then at intervals', () => {
  const { receiver, receive } = create();
  receive(10, 0);
  receive(13, 5);
  assert.deepEqual(receiver.due(5), [11, 12]);
  assert.deepEqual(receiver.due(20), []);
  assert.deepEqual(receiver.due(50), [11, 12]);
  receive(11, 51);
  assert.deepEqual(receiver.due(95), [12]);
});

test('what does not come is given up, and the gap is told', () => {
  const { receiver, got, receive } = create(100);
  receive(10, 0);
  receive(12, 0);
  receive(13, 0);
  assert.deepEqual(got, [10]);
  receiver.due(101);
  assert.deepEqual(got, [10, 'gap', 12, 13]);
  receive(11, 102);
  assert.deepEqual(got, [10, 'gap', 12, 13], 'too late');
});

test('two gaps are given up one after the other', () => {
  const { receiver, got, receive } = create(100);
  receive(10, 0);
  receive(12, 0);
  receive(14, 60);
  receiver.due(110);
  assert.deepEqual(got, [10, 'gap', 12]);
  receiver.due(170);
  assert.deepEqual(got, [10, 'gap', 12, 'gap', 14]);
});

test('a source that jumps starts over instead of being waited for', () => {
  const { receiver, got, receive } = create();
  receive(10, 0);
  receive(20_000, 1);
  receive(20_001, 1);
  assert.deepEqual(got, [10, 'gap', 20_000, 20_001]);
  assert.deepEqual(receiver.due(2), []);
});

test('reports count loss since the one before', () => {
  const { receiver, receive } = create();
  for (const sequence of [1, 2, 3, 5]) receive(sequence);
  receiver.onSenderReport(77, 1000);
  const first = receiver.report(1500);
  assert.equal(first.fractionLost, 0.2);
  assert.equal(first.packetsLost, 1);
  assert.equal(first.lastReport, 77);
  assert.equal(first.delaySinceLastReport, 32768);
  receive(6);
  assert.equal(receiver.report(1500).fractionLost, 0);
});

test('arrivals are told once, losses between them too', () => {
  const arrivals = new Arrivals();
  assert.equal(arrivals.take(), undefined);
  arrivals.note(65535, 10);
  arrivals.note(1, 12);
  assert.deepEqual(arrivals.take(), { baseSequence: 65535, arrivals: [10, undefined, 12] });
  assert.equal(arrivals.take(), undefined);
  arrivals.note(0, 20); // told as missing already
  assert.equal(arrivals.take(), undefined);
  arrivals.note(3, 21);
  assert.deepEqual(arrivals.take(), { baseSequence: 2, arrivals: [undefined, 21] });
});
