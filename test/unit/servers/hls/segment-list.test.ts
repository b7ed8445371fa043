import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  SegmentList,
  type Segment,
  type SegmentListLimits,
} from '../../../../gateway/servers/hls/segment-list.ts';

const LIMITS: SegmentListLimits = { playlist: 4e6, segment: 2e6, maxBytes: 1e6 };

const segment = (number: number, seconds = 2, changes: Partial<Segment> = {}): Segment => ({
  uri: `${number}.ts`,
  duration: seconds * 1e6,
  end: 0,
  discontinuity: false,
  independent: true,
  data: Buffer.alloc(100),
  ...changes,
});

function fill(count: number, limits: Partial<SegmentListLimits> = {}, seconds = 2): SegmentList {
  const list = new SegmentList(() => ({ ...LIMITS, ...limits }), 10, 0);
  for (let number = 10; number < 10 + count; number++) list.add(segment(number, seconds));
  return list;
}

const names = (list: SegmentList): string => list.listed.map(({ uri }) => uri).join(' ');

describe('the playlist', () => {
  test('lists what there is while that is little', () => {
    assert.equal(names(fill(1)), '10.ts');
    assert.equal(names(fill(3)), '10.ts 11.ts 12.ts');
  });

  test('never lists fewer than three, whatever the length asked for', () => {
    const list = fill(9, { playlist: 1e6 });
    assert.equal(names(list), '16.ts 17.ts 18.ts');
    assert.equal(list.mediaSequence, 16);
    assert.equal(list.nextSequence, 19);
  });

  test('lists as much as is asked for', () => {
    assert.equal(fill(40, { playlist: 21e6 }).listed.length, 11);
  });

  test('never gets shorter than three target durations', () => {
    const list = fill(5);
    list.add(segment(15, 6));
    assert.equal(list.targetDuration, 6);
    // 18 s are wanted now; what was taken off before does not come back.
    for (let number = 16; number < 30; number++) list.add(segment(number));
    assert.ok(list.listed.reduce((sum, { duration }) => sum + duration, 0) >= 18e6);
  });

  test('numbers never go back', () => {
    const list = fill(6);
    let last = list.mediaSequence;
    for (let number = 16; number < 60; number++) {
      list.add(segment(number, number === 30 ? 9 : 2));
      assert.ok(list.mediaSequence >= last);
      assert.equal(names(list).split(' ')[0], `${list.mediaSequence}.ts`);
      last = list.mediaSequence;
    }
  });
});

test('the target duration is no segment’s less, and never shrinks', () => {
  const list = fill(2, { segment: 2e6 });
  assert.equal(list.targetDuration, 2);
  list.add(segment(12, 4.6));
  assert.equal(list.targetDuration, 5);
  for (let number = 13; number < 40; number++) list.add(segment(number, 1));
  assert.equal(list.targetDuration, 5);
});

test('discontinuities that are not listed any more are counted', () => {
  const list = new SegmentList(() => LIMITS, 0, 7);
  for (let number = 0; number < 6; number++) {
    list.add(segment(number, 2, { discontinuity: number === 1 }));
  }
  assert.equal(names(list), '3.ts 4.ts 5.ts');
  assert.equal(list.discontinuitySequence, 8);
});

describe('what is kept', () => {
  test('can be had as long again after it was listed', () => {
    const list = fill(20);
    assert.equal(names(list), '27.ts 28.ts 29.ts');
    assert.ok(list.find('29.ts'));
    assert.ok(list.find('24.ts'));
    assert.equal(list.find('23.ts'), undefined);
    assert.equal(list.bytes, 600);
  });

  test('is bounded in bytes, the oldest go first', () => {
    const list = fill(20, { maxBytes: 450 });
    assert.equal(names(list), '27.ts 28.ts 29.ts');
    assert.ok(list.find('26.ts'));
    assert.equal(list.find('25.ts'), undefined);
    assert.ok(list.bytes <= 450);
  });

  test('is bounded even where that takes listed ones; the newest always stays', () => {
    const list = fill(20, { maxBytes: 250 });
    assert.equal(names(list), '28.ts 29.ts');
    assert.equal(list.mediaSequence, 28);
    const tight = fill(20, { maxBytes: 1 });
    assert.equal(names(tight), '29.ts');
    assert.equal(tight.mediaSequence, 29);
  });

  test('tells which initialization segments it needs', () => {
    const list = new SegmentList(() => LIMITS, 0, 0);
    list.add(segment(0, 2, { map: 'a.mp4' }));
    assert.equal(list.uses('a.mp4'), true);
    for (let number = 1; number < 9; number++) list.add(segment(number, 2, { map: 'b.mp4' }));
    assert.equal(list.uses('a.mp4'), false);
  });
});
