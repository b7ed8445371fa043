import assert from 'node:assert/strict';
import { test } from 'node:test';
import { u32 } from '../../../../gateway/protocols/mp4/box.ts';
import { RunIndex } from '../../../../gateway/protocols/mp4/run-index.ts';
import { Runs, withOther } from '../../../../gateway/protocols/mp4/runs.ts';
import { finish } from '../../../../gateway/protocols/mp4/work.ts';

function runsOf(values: readonly number[]): Uint32Array {
  const runs = new Runs(values.length);
  for (const value of values) runs.push(value);
  return runs.pairs;
}

function expand(runs: Uint32Array): number[] {
  const values: number[] = [];
  for (let run = 0; run < runs.length; run += 2) {
    for (let count = runs[run]!; count > 0; count--) values.push(runs[run + 1]! | 0);
  }
  return values;
}

const VALUES = [0, 0, 5, 5, 5, -3, 7, 7, 0];

test('equal values in a row are counted', () => {
  assert.deepEqual([...runsOf([0, 0, 5])], [2, 0, 1, 5]);
  assert.deepEqual(expand(runsOf(VALUES)), VALUES);
  assert.deepEqual([...runsOf([])], []);
});

test('one value is made another, wherever it stands in its run', () => {
  for (const [sample] of VALUES.entries()) {
    const due = VALUES.with(sample, VALUES[sample]! + 4);
    assert.deepEqual(expand(withOther(runsOf(VALUES), sample, 4)), due);
  }
  assert.deepEqual(expand(withOther(runsOf(VALUES), VALUES.length, 4)), VALUES);
});

test('a part of runs, also behind their end', () => {
  const runs = runsOf(VALUES);
  const table = u32(0, runs.length / 2, ...runs);
  const index = finish(RunIndex.read(table, 'ctts', VALUES.length));
  const padded = [...VALUES, 0, 0];
  for (let first = 0; first <= padded.length; first++) {
    for (let last = first; last <= padded.length; last++) {
      assert.deepEqual(expand(index.cut(first, last)), padded.slice(first, last));
    }
  }
});
