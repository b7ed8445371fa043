import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { suite, test } from 'node:test';
import { addressList } from '../../../../gateway/ams/access/address-list.ts';
import { callerOf } from '../../../../gateway/ams/access/caller.ts';

const call = (peer: string, headers: IncomingHttpHeaders = {}, proxies: string[] = []) =>
  callerOf({ peer, headers }, addressList(proxies));

suite('caller', () => {
  test('without forwarding headers: the peer', () => {
    assert.deepEqual(call('::ffff:192.0.2.1'), { addresses: ['192.0.2.1'], loopback: false });
    assert.deepEqual(call('127.0.0.1'), { addresses: ['127.0.0.1'], loopback: true });
    assert.deepEqual(call('::1'), { addresses: ['::1'], loopback: true });
    assert.deepEqual(call(''), { addresses: [], loopback: false });
  });

  for (const header of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Via', 'X-Forwarded-Proto']) {
    test(`${header} from a peer that is not trusted: never loopback`, () => {
      const headers = { [header.toLowerCase()]: '127.0.0.1' };
      assert.deepEqual(call('127.0.0.1', headers), { addresses: [], loopback: false });
      assert.deepEqual(call('192.0.2.1', headers), { addresses: ['192.0.2.1'], loopback: false });
    });
  }

  test('from a trusted proxy: the forwarded address', () => {
    const expected = { addresses: ['192.0.2.9'], loopback: false };
    const proxies = ['127.0.0.1'];
    for (const headers of [
      { 'x-forwarded-for': '192.0.2.9' },
      { 'x-forwarded-for': '192.0.2.9:4711' },
      { 'x-real-ip': '192.0.2.9' },
      { forwarded: 'for=192.0.2.9;proto=http' },
      { forwarded: 'proto=http; For="192.0.2.9:80"' },
      { 'x-forwarded-for': '::ffff:192.0.2.9', via: '1.1 proxy' },
    ]) {
      assert.deepEqual(call('127.0.0.1', headers, proxies), expected, JSON.stringify(headers));
    }
    assert.deepEqual(
      call('127.0.0.1', { forwarded: 'for="[2001:db8::9]:4711"' }, proxies).addresses,
      ['2001:db8::9'],
    );
  });

  test('only the part of a chain that trusted proxies vouch for counts', () => {
    const proxies = ['127.0.0.1', '10.0.0.0/8'];
    const chain = { 'x-forwarded-for': '127.0.0.1, 192.0.2.9, 10.0.0.5' };
    assert.deepEqual(call('10.0.0.6', chain, proxies), {
      addresses: ['192.0.2.9'],
      loopback: false,
    });
  });

  test('headers that contradict each other count both', () => {
    const headers = { 'x-forwarded-for': '192.0.2.9', forwarded: 'for=127.0.0.1' };
    assert.deepEqual(call('127.0.0.1', headers, ['127.0.0.1']), {
      addresses: ['192.0.2.9', '127.0.0.1'],
      loopback: false,
    });
  });

  test('what cannot be read is nobody', () => {
    for (const headers of [
      { 'x-forwarded-for': 'unknown' },
      { forwarded: 'for=_hidden' },
      { forwarded: 'proto=http' },
      { 'x-forwarded-for': '192.0.2.1, garbage' },
      { via: '1.1 proxy' },
    ]) {
      const caller = call('127.0.0.1', headers, ['127.0.0.1']);
      assert.deepEqual(caller, { addresses: [], loopback: false }, JSON.stringify(headers));
    }
  });

  test('a forwarded loopback address is ours only when the proxy runs here', () => {
    const headers = { 'x-forwarded-for': '127.0.0.1' };
    assert.equal(call('127.0.0.1', headers, ['127.0.0.1']).loopback, true);
    assert.equal(call('10.0.0.6', headers, ['10.0.0.6']).loopback, false);
  });
});
