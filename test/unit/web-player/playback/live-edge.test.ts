import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LiveEdge, MAX_RATE } from '../../../../web-player/src/playback/live-edge.ts';

/** Observes the same fill for a while and answers the last judgement. */
function settle(edge: LiveEdge, from: number, seconds: number, ahead: number) {
  let last = edge.observe(from, ahead);
  for (let now = from; now < from + seconds; now += 0.05) last = edge.observe(now, ahead);
  return last;
}

describe('the live edge', () => {
  it('is left alone near the target', () => {
    assert.deepEqual(settle(new LiveEdge(0.1), 0, 5, 0.11), { action: 'rate', rate: 1 });
  });

  it('is never slowed down for', () => {
    assert.deepEqual(settle(new LiveEdge(0.1), 0, 5, 0.01), { action: 'rate', rate: 1 });
  });

  it('is jumped to at the start, when the cached pictures came at once', () => {
    const edge = new LiveEdge(0.1);
    assert.equal(edge.observe(0, 0.9).action, 'jump');
    edge.jumped(0);
    assert.equal(edge.observe(0.2, 0.5).action, 'rate', 'the jump takes its time');
    assert.equal(edge.observe(0.8, 0.5).action, 'rate', 'one jump is enough');
  });

  it('is jumped to at the start as soon as what was cached has come', () => {
    const edge = new LiveEdge(0.1);
    assert.equal(edge.observe(0, 0.05).action, 'rate');
    assert.equal(edge.observe(0.05, 0.5).action, 'rate');
    assert.equal(edge.observe(0.1, 0.5).action, 'jump');
  });

  it('is not jumped to before what was held up has come', () => {
    const edge = new LiveEdge(0.1);
    settle(edge, 0, 10, 0.1);
    edge.stalled(10);
    assert.equal(edge.observe(10.1, 0.05, true).action, 'rate');
    assert.equal(edge.observe(10.15, 0.7).action, 'rate');
    assert.equal(edge.observe(10.2, 1.3).action, 'rate');
    assert.equal(edge.observe(10.25, 1.3).action, 'jump');
  });

  it('is jumped to when the picture stands though there is enough of it', () => {
    const edge = new LiveEdge(0.1);
    settle(edge, 0, 10, 0.1);
    assert.equal(edge.observe(10.1, 0.15, true).action, 'rate');
    assert.equal(edge.observe(10.15, 0.3, true).action, 'jump');
    edge.jumped(10.15);
    assert.equal(edge.observe(10.2, 0.3, true).action, 'rate', 'the jump takes its time');
    assert.equal(edge.observe(10.7, 0.3, true).action, 'jump');
  });

  it('is caught up with as soon as the picture moves after a stall', () => {
    const edge = new LiveEdge(0.1);
    settle(edge, 0, 10, 0.1);
    edge.stalled(10);
    edge.observe(10.1, 0.01, true);
    edge.observe(10.2, 0.3);
    assert.deepEqual(edge.observe(10.25, 0.3), { action: 'rate', rate: MAX_RATE });
  });

  it('is caught up with by rate, inaudibly, when less than a second behind', () => {
    const edge = new LiveEdge(0.1);
    settle(edge, 0, 3, 0.1);
    const judged = settle(edge, 3, 1, 0.9);
    assert.equal(judged.action, 'rate');
    assert.ok(judged.action === 'rate' && judged.rate > 1.05 && judged.rate <= MAX_RATE);
  });

  it('is jumped to when more than a second behind', () => {
    const edge = new LiveEdge(0.1);
    settle(edge, 0, 3, 0.1);
    let jumped = false;
    for (let now = 3; now < 4; now += 0.05) jumped ||= edge.observe(now, 2).action === 'jump';
    assert.ok(jumped);
  });

  it('judges by the least of late, so that a burst does not hurry it', () => {
    const edge = new LiveEdge(0.1);
    settle(edge, 0, 3, 0.1);
    assert.deepEqual(edge.observe(3.05, 0.6), { action: 'rate', rate: 1 });
  });

  /** Data comes evenly, but for one outage a second. */
  function swings(edge: LiveEdge, from: number, seconds: number, outage: number) {
    for (let now = from; now < from + seconds; now += 0.05) {
      edge.observe(now, now % 1 < outage ? 0.1 : 0.1 + outage);
    }
  }

  it('keeps as much in hand as the data swings by after the second stall, not after the first', () => {
    const edge = new LiveEdge(0.1);
    edge.stalled(10);
    swings(edge, 10, 4, 0.2);
    assert.equal(edge.target, 0.1);
    edge.stalled(14);
    swings(edge, 14, 5, 0.2);
    assert.ok(Math.abs(edge.target - 0.2) < 1e-9, `${edge.target}`);
    settle(edge, 19, 2, 0.3);
    edge.stalled(30);
    swings(edge, 30, 5, 0.2);
    assert.equal(edge.target, 0.1, 'a stall long after the one before');
  });

  it('takes stalls in fast succession for one outage', () => {
    const edge = new LiveEdge(0.1);
    edge.stalled(10);
    edge.stalled(10.3);
    swings(edge, 10.3, 5, 0.2);
    assert.equal(edge.target, 0.1);
  });

  it('gives the reserve back when the data comes evenly, and not before', () => {
    const edge = new LiveEdge(0.1);
    edge.stalled(0);
    edge.stalled(4);
    swings(edge, 5, 60, 0.2);
    assert.ok(edge.target > 0.15);
    settle(edge, 65, 2, 0.3);
    assert.equal(edge.target, 0.1);
  });

  it('keeps no less in hand than was asked for', () => {
    const edge = new LiveEdge(1);
    edge.stalled(0);
    edge.stalled(4);
    swings(edge, 5, 5, 0.2);
    assert.equal(edge.target, 1);
  });

  it('keeps what each stall gains while it stands again and again, also for bursts of a second', () => {
    const edge = new LiveEdge(0.1);
    edge.stalled(0);
    edge.observe(0, 0, true);
    edge.observe(0.2, 1.2);
    edge.stalled(1.4);
    edge.observe(1.4, 0, true);
    edge.observe(1.6, 1.4);
    assert.deepEqual(edge.observe(1.65, 1.35), { action: 'rate', rate: 1 });
    assert.ok(Math.abs(edge.target - 1.1) < 1e-9, `${edge.target}`);
  });

  it('takes a stall for one of many while the data swings, however seldom it is', () => {
    const edge = new LiveEdge(0.1);
    edge.stalled(0);
    edge.stalled(4);
    swings(edge, 4, 16, 0.4);
    edge.stalled(20);
    swings(edge, 20, 2, 0.4);
    assert.ok(edge.target > 0.3, `${edge.target}`);
  });

  it('bounds the reserve', () => {
    const edge = new LiveEdge(0.1);
    edge.stalled(0);
    edge.stalled(4);
    swings(edge, 5, 10, 0.9);
    swings(edge, 15, 10, 5);
    assert.ok(edge.target <= 1.1 + 1e-9);
  });
});
