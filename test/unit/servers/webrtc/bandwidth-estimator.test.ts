import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BandwidthEstimator } from '../../../../gateway/servers/webrtc/bandwidth-estimator.ts';
import { SentPackets } from '../../../../gateway/servers/webrtc/sent-packets.ts';

/**
 * A link on which packets of 1,000 bytes are sent each 10 ms (800 kbit/s) and reported each 100 ms;
 * while none arrives, nothing is reported.
 */
const createLink = () => {
  let now = 0;
  const clock = (): number => now;
  const sent = new SentPackets();
  const estimator = new BandwidthEstimator(clock);
  let baseSequence = -1;
  let arrivals: (number | undefined)[] = [];
  return {
    estimator,
    /** `delayOf` answers a packet's way in ms, or undefined when it is lost. */
    run: (seconds: number, delayOf: (at: number) => number | undefined): void => {
      for (let report = 0; report < seconds * 10; report++) {
        for (let packet = 0; packet < 10; packet++) {
          const sequence = sent.next();
          if (baseSequence < 0) baseSequence = sequence;
          sent.note(sequence, 1000, now);
          const delay = delayOf(now);
          // The receiver's clock began elsewhere.
          arrivals.push(delay === undefined ? undefined : now + delay + 123_456);
          now += 10;
        }
        if (arrivals.every((arrival) => arrival === undefined)) continue;
        estimator.onFeedback({ baseSequence, arrivals }, sent);
        baseSequence = -1;
        arrivals = [];
      }
    },
  };
};

test('a good link’s estimate grows', () => {
  const { estimator, run } = createLink();
  const before = estimator.estimate;
  run(5, () => 20);
  assert.ok(estimator.estimate > before * 1.3);
  assert.ok(estimator.queueMs < 1 && estimator.jitterMs < 1);
});

test('a queue that builds up cuts the estimate to what arrived', () => {
  const { estimator, run } = createLink();
  run(2, () => 20);
  run(3, (at) => 20 + (at - 2000) / 4);
  assert.ok(estimator.queueMs > 120);
  assert.ok(estimator.estimate < 900_000, `${estimator.estimate}`);
});

test('after congestion the estimate grows again', () => {
  const { estimator, run } = createLink();
  run(1, () => 20);
  run(2, () => 400);
  const low = estimator.estimate;
  run(5, () => 20);
  assert.ok(estimator.estimate > low);
});

test('two lost packets in a hundred are no congestion, thirty are', () => {
  let count = 0;
  const light = createLink();
  light.run(4, () => (count++ % 50 === 0 ? undefined : 20));
  assert.ok(light.estimator.estimate > 8_000_000);
  assert.ok(light.estimator.cleanForMs < 1000);
  const heavy = createLink();
  heavy.run(4, () => (count++ % 10 < 3 ? undefined : 20));
  assert.ok(heavy.estimator.estimate < 900_000);
});

test('a link that was away for two seconds is trusted as before', () => {
  const { estimator, run } = createLink();
  run(3, () => 20);
  const before = estimator.estimate;
  run(2, () => undefined);
  run(3, () => 20);
  assert.ok(estimator.estimate >= before, `${estimator.estimate}`);
});

test('packets that others overtake are no loss, whatever the first report says', () => {
  let now = 0;
  const sent = new SentPackets();
  const estimator = new BandwidthEstimator(() => now);
  // Each report misses a third of the last 30 packets; the next one says that they came.
  let first = -1;
  for (let report = 0; report < 40; report++) {
    const before = first;
    for (let packet = 0; packet < 30; packet++) {
      const sequence = sent.next();
      if (packet === 0) first = sequence;
      sent.note(sequence, 1000, now);
    }
    now += 100;
    if (before >= 0) {
      const late = Array.from({ length: 30 }, () => now + 5);
      estimator.onFeedback({ baseSequence: before, arrivals: late }, sent);
    }
    const arrivals = Array.from({ length: 30 }, (_, at) => (at % 3 === 0 ? undefined : now));
    estimator.onFeedback({ baseSequence: first, arrivals }, sent);
  }
  assert.equal(estimator.cleanForMs, Infinity);
  assert.ok(estimator.estimate > 8_000_000, `${estimator.estimate}`);
});

test('jitter is measured, whatever the delay', () => {
  const { estimator, run } = createLink();
  let count = 0;
  run(4, () => (count++ % 2 === 0 ? 30 : 70));
  assert.ok(estimator.jitterMs > 15 && estimator.jitterMs < 25, `${estimator.jitterMs}`);
});

test('the receiver’s own estimate is an upper bound', () => {
  const { estimator } = createLink();
  estimator.onRemb(500_000);
  assert.equal(estimator.estimate, 500_000);
  estimator.onRemb(50_000_000);
  assert.equal(estimator.estimate, 8_000_000);
});

test('reports about packets that nobody sent change nothing', () => {
  const { estimator } = createLink();
  const sent = new SentPackets();
  estimator.onFeedback({ baseSequence: 9, arrivals: [1, undefined, 3] }, sent);
  assert.equal(estimator.jitterMs, 0);
  assert.equal(estimator.cleanForMs, Infinity);
});
