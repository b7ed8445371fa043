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
    const first = edge.observe(0, 0.9);
    assert.equal(first.action, 'jump');
    assert.ok(first.action === 'jump' && first.leave < 0.1, 'more comes while it jumps');
    assert.equal(edge.observe(0.2, 0.5).action, 'rate', 'one jump is enough');
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

  it('is jumped to after a stall: the picture stood still anyway', () => {
    const edge = new LiveEdge(0.1);
    settle(edge, 0, 10, 0.1);
    edge.stalled(10);
    assert.equal(edge.observe(10.2, 0.5).action, 'jump');
    assert.equal(edge.observe(10.4, 0.5).action, 'rate');
  });

  it('judges by the least of late, so that a burst does not hurry it', () => {
    const edge = new LiveEdge(0.1);
    settle(edge, 0, 3, 0.1);
    assert.deepEqual(edge.observe(3.05, 0.6), { action: 'rate', rate: 1 });
  });

  it('keeps more in hand after the second stall, not after the first', () => {
    const edge = new LiveEdge(0.1);
    edge.observe(0, 0.1);
    edge.stalled(10);
    assert.equal(edge.target, 0.1);
    edge.stalled(10.5);
    assert.equal(edge.target, 0.1, 'one outage counts once');
    edge.stalled(20);
    assert.ok(edge.target > 0.14);
  });

  it('gives the reserve back when all is well', () => {
    const edge = new LiveEdge(0.1);
    edge.stalled(0);
    edge.stalled(5);
    settle(edge, 6, 60, 0.2);
    assert.ok(Math.abs(edge.target - 0.1) < 1e-9);
  });

  it('gives the reserve back later each time that it was too soon', () => {
    const edge = new LiveEdge(0.1);
    let stalls = 0;
    /** A network that needs 130 ms, for a minute. */
    for (let now = 0; now < 60; now += 0.1) {
      edge.observe(now, edge.target + 0.05);
      if (edge.target < 0.13 && Math.round(now * 10) % 25 === 0) {
        edge.stalled(now);
        stalls += 1;
      }
    }
    assert.ok(stalls < 9, `${stalls} stalls`);
  });

  it('bounds the reserve', () => {
    const edge = new LiveEdge(0.1);
    for (let now = 0; now < 1000; now += 3) edge.stalled(now);
    assert.ok(edge.target <= 1.1 + 1e-9);
  });
});
