import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SentPackets } from '../../../../gateway/servers/webrtc/sent-packets.ts';

const send = (sent: SentPackets, count: number, now: number): number[] =>
  Array.from({ length: count }, () => {
    const sequence = sent.next();
    sent.note(sequence, 1000, now);
    return sequence;
  });

test('each packet is counted once: received, lost, or left out when nobody spoke of it', () => {
  const sent = new SentPackets();
  const [first, second, third, fourth] = send(sent, 4, 10);
  assert.equal(sent.arrived(first!), true);
  assert.equal(sent.arrived(first!), false, 'said again');
  sent.missing(second!);
  sent.missing(third!);
  assert.equal(sent.arrived(third!), true, 'it was only overtaken');
  assert.deepEqual(sent.tally(10), { received: 0, lost: 0 });
  assert.deepEqual(sent.tally(11), { received: 2, lost: 1 });
  sent.missing(fourth!);
  assert.deepEqual(sent.tally(100), { received: 0, lost: 0 });
});

test('what arrived is not missing any more', () => {
  const sent = new SentPackets();
  const [only] = send(sent, 1, 0);
  sent.arrived(only!);
  sent.missing(only!);
  assert.deepEqual(sent.tally(1), { received: 1, lost: 0 });
});

test('numbers wrap, and what was forgotten is not counted', () => {
  const sent = new SentPackets();
  for (let round = 0; round < 20; round++) {
    for (const sequence of send(sent, 4000, round)) sent.arrived(sequence);
    assert.deepEqual(sent.tally(round + 1), { received: 4000, lost: 0 });
  }
  for (const sequence of send(sent, 6000, 30)) sent.arrived(sequence);
  const { received } = sent.tally(31);
  assert.ok(received <= 4096, `${received}`);
  assert.equal(sent.timeOf(1), -1);
});
