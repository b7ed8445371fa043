import assert from 'node:assert/strict';
import { test } from 'node:test';
import { didYouMean, nearest } from '../../../gateway/config/suggest.ts';

const keys = ['rtmp_port', 'http_port', 'http_notify', 'org', 'max_client'];

test('a slip of the finger finds its key', () => {
  assert.equal(nearest('rtmp_prt', keys), 'rtmp_port');
  assert.equal(nearest('htpp_port', keys), 'http_port');
  assert.equal(nearest('HTTP-PORT', keys), 'http_port');
  assert.equal(nearest('max_clients', keys), 'max_client');
  assert.equal(nearest('ogr', keys), 'org');
  assert.equal(nearest('oxx', keys), undefined, 'two of three letters wrong is another word');
});

test('a word that is far from every key suggests none', () => {
  assert.equal(nearest('colour', keys), undefined);
  assert.equal(nearest('', keys), undefined);
  assert.equal(nearest('x'.repeat(100_000), keys), undefined);
});

test('the hint is a sentence or nothing', () => {
  assert.equal(didYouMean('rtmp_prt', keys), ' Did you mean "rtmp_port"?');
  assert.equal(didYouMean('colour', keys), '');
});
