import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildStun,
  integrityMatches,
  parseStun,
  stunTypes,
} from '../../../../gateway/protocols/stun/message.ts';
import { readXorAddress } from '../../../helpers/stun.ts';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

// RFC 5769, 2.1 and 2.2
const password = 'VOkJxbRl1RmTxUk/WvJxBt';
const request = hex(`00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573
  7420636c 69656e74 00240004 6e0001ff 80290008 932ff9b1 51263b36 00060009 6576746a 3a683676
  59202020 00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf`);
const response = hex(`0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563
  746f7220 00200008 0001a147 e112a643 00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
  80280004 c07d4c96`);

test('the request of RFC 5769, 2.1 is read and authenticated', () => {
  const message = parseStun(request);
  assert.ok(message);
  assert.equal(message.type, stunTypes.bindingRequest);
  assert.equal(message.username, 'evtj:h6vY');
  assert.equal(message.controlled, 0x932ff9b151263b36n);
  assert.equal(message.hasFingerprint, true);
  assert.equal(message.useCandidate, false);
  assert.equal(integrityMatches(request, message, password), true);
  assert.equal(integrityMatches(request, message, `${password}x`), false);
});

test('the response of RFC 5769, 2.2 is read, its address too', () => {
  const message = parseStun(response);
  assert.ok(message);
  assert.equal(integrityMatches(response, message, password), true);
  assert.deepEqual(readXorAddress(response, 40, 8), { address: '192.0.2.1', port: 32853 });
});

test('any changed byte of an authenticated message is noticed', () => {
  // Behind MESSAGE-INTEGRITY only FINGERPRINT follows, whose type nothing protects.
  for (let at = 0; at < request.length - 8; at++) {
    const bad = Buffer.from(request);
    bad[at] = bad[at]! ^ 0x10;
    const message = parseStun(bad);
    assert.equal(
      message !== undefined && integrityMatches(bad, message, password),
      false,
      `byte ${at}`,
    );
  }
});

test('a truncated message is none', () => {
  for (let length = 0; length < request.length; length++) {
    assert.equal(parseStun(request.subarray(0, length)), undefined);
  }
});

test('what is written reads back', () => {
  const written = buildStun({
    type: stunTypes.bindingRequest,
    transactionId: Buffer.alloc(12, 5),
    username: 'ours:theirs',
    priority: 1853693695,
    useCandidate: true,
    controlling: 42n,
    password: 'secret',
  });
  const message = parseStun(written);
  assert.ok(message);
  assert.equal(message.username, 'ours:theirs');
  assert.equal(message.useCandidate, true);
  assert.equal(message.controlling, 42n);
  assert.deepEqual(message.unknown, []);
  assert.equal(integrityMatches(written, message, 'secret'), true);
});

test('attributes behind MESSAGE-INTEGRITY count for nothing', () => {
  const signed = buildStun({
    type: stunTypes.bindingRequest,
    transactionId: Buffer.alloc(12, 5),
    username: 'a:b',
    password: 'secret',
  });
  // USE-CANDIDATE (0x0025, empty) in the place of FINGERPRINT, 8 bytes with an unknown attribute
  const forged = Buffer.concat([signed.subarray(0, -8), hex('00250000 00250000')]);
  const message = parseStun(forged);
  assert.ok(message);
  assert.equal(message.useCandidate, false);
});

test('unknown comprehension-required attributes are listed', () => {
  const body = hex('00510004 00000000 80510000');
  const packet = Buffer.concat([hex('0001000c 2112a442'), Buffer.alloc(12, 1), body]);
  assert.deepEqual(parseStun(packet)?.unknown, [0x51]);
});
