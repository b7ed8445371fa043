import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isCrossSite } from '../../../../gateway/ams/access/cross-site.ts';

suite('cross-site requests', () => {
  const cases: [expected: boolean, headers: Record<string, string>][] = [
    [false, {}],
    [true, { 'sec-fetch-site': 'cross-site' }],
    [false, { 'sec-fetch-site': 'same-origin' }],
    [false, { 'sec-fetch-site': 'same-site' }],
    [false, { 'sec-fetch-site': 'none' }],
    [false, { origin: 'http://ams.example:89' }],
    [false, { origin: 'https://ams.example' }],
    [true, { origin: 'http://other.example' }],
    [true, { origin: 'null' }],
    [true, { origin: 'http://ams.example.other.example' }],
    [false, { referer: 'http://ams.example:89/stat' }],
    [true, { referer: 'http://other.example/page' }],
    [true, { referer: 'nonsense' }],
    [true, { origin: 'http://other.example', referer: 'http://ams.example/' }],
    // What the browser itself says goes before what a page's address suggests.
    [false, { 'sec-fetch-site': 'same-site', origin: 'http://www.ams.example' }],
  ];
  for (const [expected, headers] of cases) {
    test(`${JSON.stringify(headers)}: ${expected}`, () => {
      assert.equal(isCrossSite({ host: 'ams.example:89', ...headers }), expected);
    });
  }

  test('an IPv6 host, and none', () => {
    assert.equal(isCrossSite({ host: '[::1]:89', origin: 'http://[::1]:8080' }), false);
    assert.equal(isCrossSite({ origin: 'http://ams.example' }), true);
  });
});
