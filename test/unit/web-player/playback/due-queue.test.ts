import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DueQueue } from '../../../../web-player/src/playback/due-queue.ts';

/** A queue of frames that are called by their numbers. */
function queueOf(most: number, ...dues: number[]): DueQueue<number> {
  const queue = new DueQueue<number>(most);
  dues.forEach((due, number) => queue.add(number, due));
  return queue;
}

describe('frames that wait until they are due', () => {
  it('come out one by one, each at its time', () => {
    const queue = queueOf(5, 10, 50);
    assert.deepEqual(queue.take(9), { item: undefined, overtaken: [] });
    assert.equal(queue.next, 10);
    assert.deepEqual(queue.take(10), { item: 0, overtaken: [] });
    assert.equal(queue.next, 50);
    assert.equal(queue.end, 50);
  });

  it('are overtaken by the newest that is due', () => {
    assert.deepEqual(queueOf(5, 10, 50, 90).take(60), { item: 1, overtaken: [0] });
  });

  it('do not hold up those behind them that are due sooner', () => {
    // For a moment the sound was thought to be late by half a second, and pictures to wait for it.
    const queue = queueOf(5, 500, 540, 80);
    assert.equal(queue.next, 80);
    assert.deepEqual(queue.take(80), { item: 2, overtaken: [0, 1] });
    assert.equal(queue.next, undefined);
  });

  it('come out early where too many wait, instead of never', () => {
    const queue = queueOf(3, 500, 540, 580);
    assert.equal(queue.take(0).item, undefined);
    queue.add(3, 620);
    assert.deepEqual(queue.take(40), { item: 0, overtaken: [] });
    queue.add(4, 660);
    assert.deepEqual(queue.take(80), { item: 1, overtaken: [] });
  });

  it('are all there to be let go of', () => {
    const queue = queueOf(5, 1, 2, 3);
    assert.deepEqual(queue.takeAllButLast(), [0, 1]);
    assert.deepEqual(queue.clear(), [2]);
    assert.deepEqual(queue.takeAllButLast(), []);
  });
});
