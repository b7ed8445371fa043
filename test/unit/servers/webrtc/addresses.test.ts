import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Addresses } from '../../../../gateway/servers/webrtc/addresses.ts';
import type { MediaPort } from '../../../../gateway/servers/webrtc/media-port.ts';

const setUp = (configured: string[]) => {
  let now = 0;
  let lookups = 0;
  const warnings: string[] = [];
  const addresses = new Addresses({
    port: { port: 8000, hasTcp: false, hasIpv6: false } as MediaPort,
    configured: () => {
      lookups++;
      return configured;
    },
    clock: () => now,
    warn: (message) => warnings.push(message),
  });
  addresses.bound('127.0.0.1');
  const names = async (): Promise<string[]> =>
    (await addresses.candidates()).map(({ address }) => address);
  return {
    addresses,
    names,
    warnings,
    lookups: () => lookups,
    pass: (ms: number) => {
      now += ms;
    },
  };
};

test('addresses are looked up again after a minute, or when the port moved, and not before', async () => {
  const configured = ['192.0.2.1'];
  const { addresses, names, lookups, pass } = setUp(configured);
  assert.deepEqual(await names(), ['192.0.2.1', '127.0.0.1']);
  configured[0] = '192.0.2.2';
  pass(60_000);
  assert.deepEqual(await names(), ['192.0.2.1', '127.0.0.1']);
  pass(1);
  assert.deepEqual(await names(), ['192.0.2.2', '127.0.0.1']);
  addresses.bound('127.0.0.2');
  assert.deepEqual(await names(), ['192.0.2.2', '127.0.0.2']);
  assert.equal(lookups(), 3);
});

test('answers asked for at the same time share one look-up', async () => {
  const { names, lookups } = setUp(['192.0.2.1']);
  await Promise.all([names(), names(), names()]);
  assert.equal(lookups(), 1);
});

test('a name that does not resolve is warned of, and the others serve', async () => {
  const { names, warnings } = setUp(['no-such-host.invalid', '192.0.2.1']);
  assert.deepEqual(await names(), ['192.0.2.1', '127.0.0.1']);
  assert.match(
    warnings.join(),
    /webrtc_public_ip: the name no-such-host\.invalid does not resolve/,
  );
});
