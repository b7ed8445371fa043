import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCandidates } from '../../../../gateway/servers/webrtc/self-test.ts';

const deaf = () => () => {};

test('the self-test names addresses that do not answer', async () => {
  const own = [{ address: '127.0.0.1', source: 'configured' }] as const;
  const findings = await testCandidates(own, 9, deaf);
  assert.equal(findings.length, 1);
  assert.equal(findings[0]!.isFault, true);
  assert.match(findings[0]!.message, /webrtc_public_ip names 127\.0\.0\.1, but UDP port 9/);
  const [none] = await testCandidates([], 9, deaf);
  assert.match(none!.message, /no address/);
});

test('an address behind NAT is not ours to test', async () => {
  const outside = [{ address: '192.0.2.7', source: 'configured' }] as const;
  assert.deepEqual(await testCandidates(outside, 9, deaf), []);
});

test('private addresses are a hint, with what to do; loopback alone is none', async () => {
  const hear = (listener: () => void): (() => void) => {
    setImmediate(listener);
    return () => {};
  };
  const loopback = { address: '127.0.0.1', source: 'interface' } as const;
  assert.deepEqual(await testCandidates([loopback], 9, hear), []);
  const inside = { address: '10.255.255.254', source: 'interface' } as const;
  const [hint] = await testCandidates([loopback, inside], 8000, hear);
  assert.equal(hint!.isFault, false);
  assert.match(hint!.message, /10\.255\.255\.254.*webrtc_public_ip.*8000/);
  // Somebody who configured a private address knows.
  const meant = { ...inside, source: 'configured' } as const;
  assert.deepEqual(await testCandidates([loopback, meant], 8000, hear), []);
  const publicOne = { address: '192.0.2.7', source: 'interface' } as const;
  assert.deepEqual(await testCandidates([inside, publicOne], 8000, hear), []);
});
