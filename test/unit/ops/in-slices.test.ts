import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inSlices } from '../../../gateway/ops/in-slices.ts';

/** Takes some ms, in steps. */
function* work(name: string, ms: number, told: string[]): Generator<undefined, string> {
  const until = performance.now() + ms;
  while (performance.now() < until) yield;
  told.push(name);
  return name;
}

test('works take turns, and everything else has its turn in between', async () => {
  const told: string[] = [];
  let others = 0;
  let over = false;
  const other = (): void => {
    others++;
    if (!over) setImmediate(other);
  };
  other();
  const long = inSlices(work('long', 60, told));
  const short = inSlices(work('short', 1, told));
  assert.deepEqual(await Promise.all([long, short]), ['long', 'short']);
  over = true;
  assert.deepEqual(told, ['short', 'long']);
  assert.ok(others > 3, `${others} turns for others`);
});

test('one that fails rejects, and the next is done', async () => {
  function* failing(): Generator<undefined, never> {
    yield;
    throw new Error('no');
  }
  const failed = assert.rejects(inSlices(failing()), /no/);
  assert.equal(await inSlices(work('next', 0, [])), 'next');
  await failed;
});
