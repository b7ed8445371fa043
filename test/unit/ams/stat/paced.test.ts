import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { paced } from '../../../../gateway/ams/stat/paced.ts';

suite('paced', () => {
  test('a value is used again until its time is up', () => {
    let now = 1000;
    let made = 0;
    const ask = paced(
      () => ++made,
      () => 200,
      () => now,
    );
    assert.equal(ask(), 1);
    now += 199;
    assert.equal(ask(), 1);
    now += 1;
    assert.equal(ask(), 2);
  });

  test('without a rest it is always fresh', () => {
    let made = 0;
    const ask = paced(
      () => ++made,
      () => 0,
      () => 5,
    );
    assert.deepEqual([ask(), ask(), ask()], [1, 2, 3]);
  });

  test('a failure is not kept', () => {
    let fails = true;
    const ask = paced(
      () => {
        if (fails) throw new Error('not now');
        return 'made';
      },
      () => 100,
      () => 0,
    );
    assert.throws(ask, /not now/);
    fails = false;
    assert.equal(ask(), 'made');
  });
});
