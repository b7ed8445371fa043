import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readContentRange } from '../../../../gateway/servers/http/upload-range.ts';
import { readClipTimes } from '../../../../gateway/servers/http/vod-clip.ts';
import {
  isUnchanged,
  rangeApplies,
  readRange,
} from '../../../../gateway/servers/http/vod-range.ts';
import { playWindow } from '../../../../gateway/servers/rtmp/vod-open.ts';

suite('Range (RFC 9110, 14.1.2)', () => {
  for (const [header, due] of [
    [undefined, 'all'],
    ['bytes=0-0', { start: 0, end: 1 }],
    ['bytes=5-', { start: 5, end: 100 }],
    ['bytes=-5', { start: 95, end: 100 }],
    ['bytes=-500', { start: 0, end: 100 }],
    ['bytes=5-500', { start: 5, end: 100 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-4', 'all'],
    ['bytes=0-1,5-6', 'all'],
    ['lines=1-2', 'all'],
    ['bytes=-', 'all'],
    ['bytes=1e3-', 'all'],
  ] as const) {
    test(String(header), () => assert.deepEqual(readRange(header, 100), due));
  }

  test('of an empty file nothing can be had', () => {
    assert.equal(readRange('bytes=0-', 0), 'unsatisfiable');
    assert.equal(readRange('bytes=-1', 0), 'unsatisfiable');
  });
});

suite('conditions', () => {
  const now = { etag: '"a"', modified: Date.parse('2026-01-01T00:00:00.500Z') };
  const date = 'Thu, 01 Jan 2026 00:00:00 GMT';

  test('If-None-Match comes before If-Modified-Since', () => {
    assert.ok(isUnchanged({ 'if-none-match': '"b", W/"a"' }, now));
    assert.ok(isUnchanged({ 'if-none-match': '*' }, now));
    assert.ok(!isUnchanged({ 'if-none-match': '"b"', 'if-modified-since': date }, now));
    assert.ok(isUnchanged({ 'if-modified-since': date }, now));
    assert.ok(!isUnchanged({ 'if-modified-since': 'Wed, 31 Dec 2025 00:00:00 GMT' }, now));
    assert.ok(!isUnchanged({}, now));
  });

  test('If-Range by tag or by date, both exact', () => {
    assert.ok(rangeApplies(undefined, now));
    assert.ok(rangeApplies('"a"', now));
    assert.ok(!rangeApplies('W/"a"', now));
    assert.ok(rangeApplies(date, now));
    assert.ok(!rangeApplies('Thu, 01 Jan 2026 00:00:01 GMT', now));
  });
});

suite('Content-Range of uploads', () => {
  test('a part, a question, nothing', () => {
    assert.deepEqual(readContentRange('bytes 5-9/20'), { start: 5, end: 10, total: 20 });
    assert.equal(readContentRange('bytes */20'), 'ask');
    assert.equal(readContentRange('bytes */*'), 'ask');
    assert.equal(readContentRange(undefined), undefined);
  });

  for (const header of ['bytes 9-5/20', 'bytes 5-20/20', 'bytes 5-9', 'bytes 5-9/*', 'x', '']) {
    test(`${JSON.stringify(header)} makes no sense`, () => {
      const read = readContentRange(header);
      assert.ok(read && typeof read === 'object' && 'problem' in read);
    });
  }
});

suite('start and end', () => {
  test('of a clip, seconds', () => {
    assert.equal(readClipTimes([['user', 'u']]), undefined);
    assert.deepEqual(
      readClipTimes([
        ['start', '20'],
        ['end', '40.5'],
      ]),
      { start: 20, end: 40.5 },
    );
    assert.deepEqual(readClipTimes([['end', '3']]), { start: 0, end: 3 });
    for (const [name, value] of [
      ['start', '-1'],
      ['end', '0'],
      ['start', 'NaN'],
      ['end', 'Infinity'],
      ['start', '1'.repeat(10)],
    ] as const) {
      const refused = readClipTimes([[name, value]]);
      assert.ok(typeof refused === 'string' && refused.includes(`"${name}"`), value);
    }
  });

  test('of RTMP’s play', () => {
    assert.deepEqual(playWindow(undefined, undefined), { start: 0, end: undefined });
    assert.deepEqual(playWindow(-2, -1), { start: 0, end: undefined });
    assert.deepEqual(playWindow(5, 2), { start: 5e6, end: 7e6 });
    assert.deepEqual(playWindow(5, 0), { start: 5e6, end: 5e6 + 1 });
    assert.deepEqual(playWindow('x', {}), { start: 0, end: undefined });
  });
});
