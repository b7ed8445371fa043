import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BindingVerdict } from '../../../../gateway/protocols/stun/binding.ts';
import { judgeBinding, splitUsername } from '../../../../gateway/protocols/stun/binding.ts';
import type { StunFields } from '../../../../gateway/protocols/stun/message.ts';
import {
  buildStun,
  integrityMatches,
  parseStun,
  stunTypes,
} from '../../../../gateway/protocols/stun/message.ts';
import { readXorAddress } from '../../../helpers/stun.ts';

const source = { address: '127.0.0.1', port: 5000 };

const judge = (fields: Partial<StunFields>, password = 'right'): BindingVerdict => {
  const packet = buildStun({
    type: stunTypes.bindingRequest,
    transactionId: Buffer.alloc(12, 3),
    username: 'ours:theirs',
    controlling: 7n,
    password: 'right',
    ...fields,
  });
  const message = parseStun(packet);
  assert.ok(message);
  return judgeBinding(packet, message, password, source);
};

test('an authentic request is answered with the address it came from', () => {
  const verdict = judge({ useCandidate: true });
  assert.equal(verdict.kind, 'accepted');
  assert.equal(verdict.nominated, true);
  const answer = parseStun(verdict.response);
  assert.ok(answer);
  assert.equal(answer.type, stunTypes.bindingSuccess);
  assert.deepEqual(answer.transactionId, Buffer.alloc(12, 3));
  assert.equal(integrityMatches(verdict.response, answer, 'right'), true);
  assert.deepEqual(readXorAddress(verdict.response, 24, 8), source);
});

test('a request with another password, or none, gets no answer', () => {
  assert.equal(judge({}, 'other').kind, 'ignored');
  assert.equal(judge({ password: undefined }).kind, 'ignored');
});

test('a response is no request', () => {
  assert.equal(judge({ type: stunTypes.bindingSuccess }).kind, 'ignored');
});

test('a peer that believes itself controlled is told of the role conflict', () => {
  const verdict = judge({ controlling: undefined, controlled: 9n });
  assert.equal(verdict.kind, 'refused');
  const answer = parseStun(verdict.response);
  assert.equal(answer?.type, stunTypes.bindingError);
  // ERROR-CODE is the first attribute: class 4, number 87
  assert.deepEqual([...verdict.response.subarray(26, 28)], [4, 87]);
});

test('USERNAME splits at its first colon', () => {
  assert.deepEqual(splitUsername('ab:cd:e'), { local: 'ab', remote: 'cd:e' });
  assert.equal(splitUsername(':x'), undefined);
  assert.equal(splitUsername('none'), undefined);
  assert.equal(splitUsername(undefined), undefined);
});
