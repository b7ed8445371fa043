import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMask, maskRecord } from '../../../gateway/ops/mask.ts';

const mask = createMask(['token', 'pwd', 'sign.v1']);

test('a name hides when it contains a word, whatever its case', () => {
  for (const name of ['token', 'TOKEN', 'access_token', 'userToken2', 'pwd', 'sign.v1']) {
    assert.ok(mask.hides(name), name);
  }
  for (const name of ['user', 'tok', 'signxv1', '']) assert.ok(!mask.hides(name), name);
});

test('texts keep everything but the values', () => {
  assert.equal(
    mask.text('rtmp://h/live/lesson?user=u&token=a%20b&x=1#f'),
    'rtmp://h/live/lesson?user=u&token=***&x=1#f',
  );
  assert.equal(
    mask.text('GET /live/a.flv?accessToken=abc 200'),
    'GET /live/a.flv?accessToken=*** 200',
  );
  assert.equal(
    mask.text('tcUrl "rtmp://h/live?pwd=x" ended'),
    'tcUrl "rtmp://h/live?pwd=***" ended',
  );
  assert.equal(mask.text('?token=a&token=b'), '?token=***&token=***');
  assert.equal(mask.text('the token= is missing'), 'the token= is missing');
});

test('passwords in addresses are hidden whatever the words are', () => {
  for (const any of [mask, createMask([])]) {
    assert.equal(any.text('http://me:secret@h:80/x?y=me:z@h'), 'http://me:***@h:80/x?y=me:z@h');
  }
  assert.ok(!createMask([]).hides('token'));
});

test('a record: arguments by name, texts everywhere, other fields as they are', () => {
  const record = {
    key: 'http_port',
    token: 'of a lease',
    url: '/a?token=1',
    n: 5,
    args: [
      ['user', 'u'],
      ['token', 't'],
    ],
    err: { message: 'no /x?pwd=1', code: 'E', nested: { deep: ['?token=2'] } },
  };
  assert.deepEqual(maskRecord(record, mask), {
    ...record,
    url: '/a?token=***',
    args: [
      ['user', 'u'],
      ['token', '***'],
    ],
    err: { message: 'no /x?pwd=***', code: 'E', nested: { deep: ['?token=***'] } },
  });
  assert.deepEqual(maskRecord({ args: { token: 't', a: 'b' } }, mask), {
    args: { token: '***', a: 'b' },
  });
});

test('nesting and length are bounded', () => {
  const long = maskRecord({ name: 'x'.repeat(100_000) }, mask).name as string;
  assert.equal(long.length, 4001);
  let deep: unknown = 'x';
  for (let level = 0; level < 100; level++) deep = { deep };
  assert.ok(JSON.stringify(maskRecord({ deep }, mask)).length < 100);
});

test('long hostile texts take no quadratic time', () => {
  for (const part of ['token', '?', '&a', '//a', '//a:', '?token=', '@']) {
    const text = `?${part.repeat(100_000)}`;
    assert.ok(mask.text(text).length > 0, part);
  }
});
