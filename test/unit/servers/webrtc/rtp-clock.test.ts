import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RtpClock } from '../../../../gateway/servers/webrtc/rtp-clock.ts';

const create = () => {
  let wall = 50_000;
  const clock = new RtpClock(() => wall, 1_000_000, 5);
  return { clock, pass: (ms: number) => (wall += ms) };
};

test('RTP time is stream time in the codec’s clock', () => {
  const { clock } = create();
  assert.equal(clock.ticks(1_000_000, 'video'), 90_005);
  assert.equal(clock.ticks(20_000, 'audio'), 965);
  assert.deepEqual(clock.mark(1_000_999), { rtp: 90_005, ms: 1000 });
});

test('a mark’s RTP time has 32 bits, as browsers show it', () => {
  const clock = new RtpClock(() => 0, 0, 2 ** 32 - 90);
  assert.equal(clock.mark(2_000).rtp, 90);
});

test('while nobody publishes RTP time runs on with the wall clock', () => {
  const { clock, pass } = create();
  clock.follow(1_000_000);
  const before = { rtp: clock.ticks(1_000_000, 'video'), unix: clock.unixMs(1_000_000) };
  clock.resume();
  pass(7_000);
  // The stream's own time goes on 40 ms after the last picture.
  clock.arrived(1_040_000);
  assert.equal(clock.ticks(1_040_000, 'video') - before.rtp, 7_000 * 90);
  assert.equal(clock.unixMs(1_040_000) - before.unix, 7_000);
  assert.equal(clock.running(1_040_000), 8_000_000);
  // It counts once.
  pass(5_000);
  clock.arrived(1_080_000);
  assert.equal(clock.running(1_080_000), 8_040_000);
});

test('a take-over without a pause changes nothing, and RTP time never goes back', () => {
  const { clock, pass } = create();
  clock.follow(1_000_000);
  clock.resume();
  pass(100);
  clock.arrived(1_040_000);
  assert.equal(clock.running(1_040_000), 1_040_000);
  clock.resume();
  clock.arrived(9_000_000);
  assert.equal(clock.running(9_000_000), 9_000_000);
  // What arrives tells the wall clock anew.
  clock.follow(9_000_000);
  assert.equal(clock.unixMs(9_000_000), 50_100);
});

test('the wall clock of stream time follows arrivals slowly', () => {
  const { clock, pass } = create();
  clock.follow(1_000_000);
  pass(140);
  clock.follow(1_040_000);
  assert.ok(Math.abs(clock.unixMs(1_040_000) - 50_041) < 0.01, `${clock.unixMs(1_040_000)}`);
});
