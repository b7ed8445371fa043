import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unwrap } from '../../../../gateway/protocols/rtp/sequence.ts';

test('the nearest number is taken, forwards and back', () => {
  assert.equal(unwrap(0, 65535, 16), 65536);
  assert.equal(unwrap(65535, 65536, 16), 65535);
  assert.equal(unwrap(5, 3, 16), 5);
  assert.equal(unwrap(0xfffffff0, 2 ** 32 + 5, 32), 2 ** 32 - 16);
  assert.equal(unwrap(7, 5 * 65536 + 65530, 16), 6 * 65536 + 7);
});
