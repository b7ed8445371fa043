import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { SeenChecks } from '../../../../gateway/servers/webrtc/seen-checks.ts';

test('a check is new once; the oldest ones are forgotten', () => {
  const checks = new SeenChecks();
  const first = randomBytes(12);
  assert.equal(checks.note(first), true);
  assert.equal(checks.note(first), false);
  for (let count = 0; count < 255; count++) assert.equal(checks.note(randomBytes(12)), true);
  assert.equal(checks.note(first), false);
  checks.note(randomBytes(12));
  assert.equal(checks.note(first), true);
});
