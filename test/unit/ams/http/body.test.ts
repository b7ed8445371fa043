import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { FastifyRequest } from 'fastify';
import { formParser, jsonParser } from '../../../../gateway/ams/http/body.ts';

const request = (type?: string) => ({ headers: { 'content-type': type } }) as FastifyRequest;

suite('bodies', () => {
  test('a form, with and without its type', async () => {
    const expected = [
      ['a', '1 2'],
      ['b', '课'],
      ['a', '3'],
    ];
    const form = 'a=1+2&b=%E8%AF%BE&a=3';
    for (const type of ['application/x-www-form-urlencoded; charset=UTF-8', undefined]) {
      assert.deepEqual(await formParser(request(type), form), expected);
    }
    assert.deepEqual(await formParser(request('text/plain'), ''), []);
  });

  test('another type is refused by name', async () => {
    await assert.rejects(formParser(request('text/xml'), '<a/>'), /got text\/xml/);
  });

  test('JSON: texts, numbers, switches, lists', async () => {
    const text = '{"t":"x","n":1.5,"on":true,"off":false,"list":["a","b"],"none":[]}';
    assert.deepEqual(await jsonParser(request(), text), [
      ['t', 'x'],
      ['n', '1.5'],
      ['on', '1'],
      ['off', '0'],
      ['list', 'a,b'],
      ['none', ''],
    ]);
    assert.deepEqual(await jsonParser(request(), ' '), []);
    assert.deepEqual(await jsonParser(request(), '{"__proto__":"x"}'), [['__proto__', 'x']]);
  });

  test('what is no flat object is refused, naming the member', async () => {
    for (const [text, says] of [
      ['{', /not JSON/],
      ['[]', /must be a JSON object/],
      ['null', /must be a JSON object/],
      ['"x"', /must be a JSON object/],
      ['{"a":{}}', /^a must be a text/],
      ['{"a":null}', /^a must be a text/],
      ['{"a":[1]}', /^a must be a text/],
    ] as const) {
      await assert.rejects(jsonParser(request(), text), { message: says });
    }
  });
});
