import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  candidatesOf,
  interfaceAddresses,
  knownAddresses,
} from '../../../../gateway/servers/webrtc/local-candidates.ts';

const never = (name: string): void => assert.fail(`${name} did not resolve`);

test('a bound address is the only one', async () => {
  assert.deepEqual(await knownAddresses([], '127.0.0.1', never), [
    { address: '127.0.0.1', source: 'interface' },
  ]);
});

test('configured addresses come first, our own after them', async () => {
  const known = await knownAddresses(['192.0.2.7', '2001:db8::7'], '', never);
  assert.deepEqual(
    known.slice(0, 2).map(({ address }) => address),
    ['192.0.2.7', '2001:db8::7'],
  );
  assert.deepEqual(
    known.slice(2).map(({ address }) => address),
    interfaceAddresses(),
  );
});

test('host names are resolved, and those that do not resolve are named', async () => {
  const known = await knownAddresses(['localhost'], '127.0.0.1', never);
  assert.ok(
    known.some(({ address, source }) => address === '127.0.0.1' && source === 'configured'),
  );
  const unresolved: string[] = [];
  await knownAddresses(['no-such-name.invalid'], '', (name) => unresolved.push(name));
  assert.deepEqual(unresolved, ['no-such-name.invalid']);
});

test('candidates: UDP first, TCP where it is open, IPv6 where it is there', () => {
  const addresses = [
    { address: '192.0.2.7', source: 'configured' },
    { address: '2001:db8::7', source: 'configured' },
  ] as const;
  assert.deepEqual(
    candidatesOf(addresses, 8000, { tcp: true, ipv6: false }).map(
      ({ transport, address }) => `${transport} ${address}`,
    ),
    ['udp 192.0.2.7', 'tcp 192.0.2.7'],
  );
  assert.equal(candidatesOf(addresses, 8000, { tcp: true, ipv6: true }).length, 4);
  assert.equal(candidatesOf(addresses, 8000, { tcp: false, ipv6: true }).length, 2);
});
