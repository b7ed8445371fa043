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

/** Sound each 20 ms and pictures each 40 for a second, then pictures alone for another. */
const pause = () => {
  const { clock, pass } = create();
  const picture = (ms: number) => clock.read('video', ms * 90).ms;
  const sound = (ms: number) => clock.read('audio', ms * 48).ms;
  for (let ms = 0; ms <= 2000; ms += 20, pass(20)) {
    if (ms % 40 === 0) picture(ms);
    if (ms <= 1000) sound(ms);
  }
  return { clock, pass, picture, sound };
};

test('sound whose time stood still in a pause goes on beside the picture', () => {
  const { clock, picture, sound } = pause();
  const shown = picture(2000);
  assert.ok(Math.abs(sound(1020) - shown) <= 40);
  assert.equal(sound(1040) - sound(1020), 20);
  // A report of before the pause does not move it; one of after it does.
  clock.onReport('video', 2000 * 90, 12_000);
  assert.ok(Math.abs(sound(1040) - shown) <= 60);
});

test('sound whose time went on in a pause, or was held up by the network, keeps it', () => {
  const { sound, picture } = pause();
  const shown = picture(2000);
  assert.equal(sound(2000), shown);
  const { clock, pass } = create();
  for (const ms of [0, 20, 40]) {
    clock.read('video', ms * 90);
    clock.read('audio', ms * 48);
    pass(20);
  }
  pass(2000);
  const late = clock.read('audio', 60 * 48).ms;
  clock.read('video', 60 * 90);
  assert.equal(clock.read('audio', 80 * 48).ms, late + 20);
  assert.equal(late, 60);
});
