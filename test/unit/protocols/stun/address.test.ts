import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clientNetwork,
  unmapped,
  writeXorAddress,
  xorAddressLength,
} from '../../../../gateway/protocols/stun/address.ts';
import { buildStun, parseStun, stunTypes } from '../../../../gateway/protocols/stun/message.ts';
import { readXorAddress } from '../../../helpers/stun.ts';

const through = (address: string, port: number): unknown => {
  const message = Buffer.alloc(60, 0xa5);
  const mapped = { address, port };
  writeXorAddress(message, 24, mapped);
  return readXorAddress(message, 24, xorAddressLength(mapped));
};

test('addresses read back as they were written', () => {
  assert.deepEqual(through('192.0.2.1', 32853), { address: '192.0.2.1', port: 32853 });
  assert.deepEqual(through('::ffff:10.0.0.7', 1), { address: '10.0.0.7', port: 1 });
  assert.deepEqual(through('2001:db8::5', 65535), {
    address: '2001:db8:0:0:0:0:0:5',
    port: 65535,
  });
  assert.deepEqual(through('::1', 9), { address: '0:0:0:0:0:0:0:1', port: 9 });
  assert.deepEqual(through('fe80::1%eth0', 9), { address: 'fe80:0:0:0:0:0:0:1', port: 9 });
});

test('the IPv6 address of RFC 5769, 2.3', () => {
  const transactionId = Buffer.from('b7e7a701bc34d686fa87dfae', 'hex');
  const written = buildStun({
    type: stunTypes.bindingSuccess,
    transactionId,
    mapped: { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32853 },
  });
  assert.ok(parseStun(written));
  assert.equal(
    written.subarray(24, 44).toString('hex'),
    '0002a1470113a9faa5d3f179bc25f4b5bed2b9d9',
  );
});

test('a malformed value has no address', () => {
  const message = Buffer.alloc(60);
  message[25] = 2;
  assert.equal(readXorAddress(message, 24, 8), undefined);
  message[25] = 9;
  assert.equal(readXorAddress(message, 24, 8), undefined);
});

test('IPv4-mapped addresses are IPv4', () => {
  assert.equal(unmapped('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(unmapped('2001:db8::1'), '2001:db8::1');
});

test('clients are told apart by IPv4 address, or by the first 64 bits of IPv6', () => {
  assert.equal(clientNetwork('192.0.2.1'), '192.0.2.1');
  assert.equal(clientNetwork('::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(clientNetwork('2001:db8:0:7::1'), clientNetwork('2001:db8:0:7:ffff:1:2:3'));
  assert.notEqual(clientNetwork('2001:db8:0:7::1'), clientNetwork('2001:db8:0:8::1'));
  assert.equal(clientNetwork('::1'), '0'.repeat(16));
  assert.equal(clientNetwork(''), '');
});
