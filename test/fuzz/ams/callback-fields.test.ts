import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { callbackFields, formBody } from '../../../gateway/ams/callbacks/fields.ts';
import { notifyPlan } from '../../../gateway/ams/callbacks/plan.ts';
import { configWith, sessionWith } from '../../helpers/ams-fixtures.ts';

/** What PHP makes of a field's name: the key of `$_POST` that it sets. */
function phpKey(name: string): string {
  const [beforeNul = ''] = name.replace(/^[ ]+/, '').split('\0');
  const bracket = beforeNul.indexOf('[', 1);
  return (bracket > 0 ? beforeNul.slice(0, bracket) : beforeNul).replace(/[ .]/g, '_');
}

/** Names near the server's own, as an attacker would try them. */
const name = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc
    .tuple(
      fc.constantFrom('', ' ', '  ', '\0', '.', '['),
      fc.constantFrom(
        'call',
        'addr',
        'event_id',
        'event.id',
        'event id',
        'clientid',
        'app',
        'NAME',
      ),
      fc.constantFrom('', ' ', '[]', '[x]', '[', '\0', '\0x', '.'),
    )
    .map((parts) => parts.join('')),
);

suite('callback fields, whatever arguments clients bring', () => {
  test('a receiver in PHP sees the server’s values', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string()), { maxLength: 10 }), (args) => {
        const session = sessionWith({ args, kind: 'publish' });
        const plan = notifyPlan(configWith(), session.details);
        const body = formBody(callbackFields(session, plan, 'publish', 'e-1', 0));
        const post = new Map<string, string>();
        for (const [key, value] of new URLSearchParams(body)) post.set(phpKey(key), value);
        assert.equal(post.get('call'), 'publish');
        assert.equal(post.get('addr'), '192.0.2.1');
        assert.equal(post.get('app'), 'live');
        assert.equal(post.get('clientid'), '7');
        assert.equal(post.get('event_id'), 'e-1');
        assert.equal(post.has('time'), false);
      }),
      { seed: 7, numRuns: 1000 },
    );
  });
});
