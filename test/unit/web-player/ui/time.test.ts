import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bitRate,
  clockTime,
  programmeTime,
  roundSeconds,
  shortSeconds,
} from '../../../../web-player/src/ui/time.ts';

test('times of a clock', () => {
  assert.deepEqual([0, 9.9, 61, 3599, 3600, 7325, NaN, -5, Infinity].map(clockTime), [
    '0:00',
    '0:09',
    '1:01',
    '59:59',
    '1:00:00',
    '2:02:05',
    '0:00',
    '0:00',
    '0:00',
  ]);
});

test('delays with as many digits as say something', () => {
  assert.deepEqual([0.0183, 0.95, 2.14].map(shortSeconds), ['0.02', '0.95', '2.1']);
});

test('seconds with a tenth where that says something', () => {
  assert.deepEqual([2.004, 1.44, 0.96, 10].map(roundSeconds), ['2', '1.4', '1', '10']);
});

test('bit rates', () => {
  assert.deepEqual([64_400, 2_350_000].map(bitRate), ['64 kbit/s', '2.4 Mbit/s']);
});

test('the clock of the sample programme', () => {
  assert.deepEqual([7000, 3_723_040.4, -3].map(programmeTime), [
    '00:00:07.000',
    '01:02:03.040',
    '00:00:00.000',
  ]);
});
