import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PublisherClock } from '../../../../gateway/servers/webrtc/publisher-clock.ts';

const create = () => {
  let now = 500;
  const clock = new PublisherClock(() => now);
  clock.start();
  return { clock, pass: (ms: number) => (now += ms) };
};

test('the first packet of a kind stands for its arrival, the others for their RTP time', () => {
  const { clock, pass } = create();
  pass(30);
  assert.equal(clock.read('video', 90_000).ms, 30);
  pass(700);
  assert.equal(clock.read('video', 90_000 + 3600).ms, 70);
  assert.equal(clock.read('audio', 7).ms, 730);
});

test('RTP time goes on across its wrap', () => {
  const { clock } = create();
  clock.read('audio', 2 ** 32 - 480);
  const next = clock.read('audio', 480);
  assert.deepEqual(next, { rtp: 2 ** 32 + 480, ms: 20 });
});

test('sender reports move sound to its picture, if it is off by much', () => {
  const { clock, pass } = create();
  clock.read('video', 0);
  pass(100);
  clock.read('audio', 0);
  // By the publisher's clock both began together: the network held the sound up by 100 ms.
  clock.onReport('video', 0, 10_000);
  clock.onReport('audio', 0, 10_000);
  assert.equal(clock.read('audio', 480).ms, 10);
  clock.onReport('audio', 480, 10_000);
  assert.equal(clock.read('audio', 960).ms, 20);
});

test('reports of unknown kinds, and clocks that have nothing in common, change nothing', () => {
  const { clock } = create();
  clock.onReport('audio', 0, 1);
  clock.read('video', 0);
  clock.read('audio', 0);
  clock.onReport('video', 0, 0);
  clock.onReport('audio', 0, 1e9);
  assert.equal(clock.read('audio', 480).ms, 10);
});
