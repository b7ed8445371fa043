import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  readTransportFeedback,
  writeTransportFeedback,
} from '../../../../gateway/protocols/rtp/transport-feedback.ts';

test('arrivals read back to a quarter of a millisecond, losses and gaps too', () => {
  const arrivals = [1000, 1000.25, undefined, 1040, 1039.5, undefined, undefined, 3000, 3001];
  const packet = writeTransportFeedback(1, 2, 3, { baseSequence: 65530, arrivals });
  assert.equal(packet.length % 4, 0);
  assert.deepEqual(readTransportFeedback(packet), { baseSequence: 65530, arrivals });
});

test('run-length and one-bit chunks of browsers', () => {
  // Base 5, 9 packets: a run of 2 received with small deltas, then seven one-bit symbols 1010100.
  const packet = Buffer.from(
    '8fcd0006 00000001 00000002 00050009 00000a01 2002aa00 0408 0c10 14000000'.replace(/ /g, ''),
    'hex',
  );
  const feedback = readTransportFeedback(packet)!;
  const first = 10 * 64;
  assert.deepEqual(feedback.arrivals, [
    first + 1,
    first + 3,
    first + 6,
    undefined,
    first + 10,
    undefined,
    first + 15,
    undefined,
    undefined,
  ]);
});

test('a truncated feedback is none', () => {
  const arrivals = Array.from({ length: 20 }, (_, index) => index * 7);
  const packet = writeTransportFeedback(1, 2, 3, { baseSequence: 1, arrivals });
  for (let length = 0; length < packet.length - 3; length++) {
    assert.equal(readTransportFeedback(packet.subarray(0, length)), undefined);
  }
});

test('a feedback that claims more packets than one may cover is none', () => {
  const packet = writeTransportFeedback(1, 2, 3, { baseSequence: 1, arrivals: [1] });
  packet.writeUInt16BE(60_000, 14);
  assert.equal(readTransportFeedback(packet), undefined);
});
