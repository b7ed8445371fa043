import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  addressList,
  isLoopback,
  plainAddress,
} from '../../../../gateway/ams/access/address-list.ts';

suite('address list', () => {
  test('all has everybody', () => {
    assert.equal(addressList(['all']).has('192.0.2.1'), true);
    assert.equal(addressList(['10.0.0.1', 'all']).has('2001:db8::1'), true);
  });

  test('one address, IPv4 or IPv6', () => {
    const list = addressList(['192.0.2.7', '2001:db8::7']);
    for (const inside of ['192.0.2.7', '2001:db8::7', '2001:DB8:0:0:0:0:0:7', '::ffff:192.0.2.7']) {
      assert.equal(list.has(inside), true, inside);
    }
    for (const outside of ['192.0.2.8', '2001:db8::8', '127.0.0.1', '', 'lesson', '192.0.2']) {
      assert.equal(list.has(outside), false, outside);
    }
  });

  test('ranges, also as IPv4-mapped ones', () => {
    const list = addressList(['10.0.0.0/8', '2001:db8:1::/48', '::ffff:192.168.0.0/112']);
    for (const inside of ['10.255.0.1', '2001:db8:1:2::3', '192.168.200.1', '::ffff:10.1.1.1']) {
      assert.equal(list.has(inside), true, inside);
    }
    for (const outside of ['11.0.0.1', '2001:db8:2::1', '192.169.0.1', '::a00:1']) {
      assert.equal(list.has(outside), false, outside);
    }
  });

  test('an empty list has nobody', () => {
    assert.equal(addressList([]).has('127.0.0.1'), false);
  });

  test('spellings of IPv4 that only some programs read are none', () => {
    const list = addressList(['127.0.0.1', '10.0.0.0/8']);
    for (const odd of ['127.1', '0x7f.0.0.1', '0177.0.0.1', '2130706433', '10.1']) {
      assert.equal(list.has(odd), false, odd);
      assert.equal(isLoopback(odd), false, odd);
    }
  });

  test('loopback', () => {
    for (const own of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) {
      assert.equal(isLoopback(own), true, own);
    }
    for (const other of ['128.0.0.1', '::2', '0.0.0.0', 'localhost']) {
      assert.equal(isLoopback(other), false, other);
    }
  });

  test('the plain form', () => {
    assert.equal(plainAddress('::FFFF:10.0.0.1'), '10.0.0.1');
    assert.equal(plainAddress('2001:DB8::1'), '2001:db8::1');
    assert.equal(plainAddress('unknown'), undefined);
  });
});
