import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createGuard, opennessWarning } from '../../../../gateway/ams/access/guard.ts';
import { configWith } from '../../../helpers/ams-fixtures.ts';

const guardFor = (allow_addr: string[], trusted_proxies: string[] = []) => {
  const guard = createGuard(() => configWith({ allow_addr, trusted_proxies }));
  return (peer: string, headers = {}) => guard({ peer, headers });
};

suite('guard', () => {
  test('all lets everybody in, but no other site’s page', () => {
    const guard = guardFor(['all']);
    assert.equal(guard('192.0.2.1'), undefined);
    assert.match(guard('192.0.2.1', { 'sec-fetch-site': 'cross-site' }) ?? '', /another site/);
    assert.equal(guard('127.0.0.1', { 'x-forwarded-for': '192.0.2.1' }), undefined);
  });

  test('a list lets in who is on it, and loopback always', () => {
    const guard = guardFor(['10.0.0.0/8', '2001:db8::1']);
    for (const peer of ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::1', '127.0.0.1', '::1']) {
      assert.equal(guard(peer), undefined, peer);
    }
    assert.equal(
      guard('192.0.2.1'),
      '192.0.2.1 may not call this address: it is not in allow_addr.',
    );
  });

  test('a proxy on this machine opens nothing unless it is trusted', () => {
    const forwarded = { 'x-forwarded-for': '192.0.2.1' };
    assert.match(guardFor(['10.0.0.1'])('127.0.0.1', forwarded) ?? '', /cannot be believed/);
    assert.match(guardFor(['127.0.0.1'])('127.0.0.1', forwarded) ?? '', /cannot be believed/);
    assert.match(
      guardFor(['10.0.0.1'], ['127.0.0.1'])('127.0.0.1', forwarded) ?? '',
      /^192\.0\.2\.1 may not/,
    );
    assert.equal(guardFor(['192.0.2.1'], ['127.0.0.1'])('127.0.0.1', forwarded), undefined);
  });

  test('every address that headers name must be allowed', () => {
    const guard = guardFor(['192.0.2.1'], ['10.0.0.1']);
    const headers = { 'x-forwarded-for': '203.0.113.5', forwarded: 'for=192.0.2.1' };
    assert.match(guard('10.0.0.1', headers) ?? '', /203\.0\.113\.5, 192\.0\.2\.1 may not/);
  });

  test('a reload counts from the next request on', () => {
    let config = configWith({ allow_addr: ['10.0.0.1'] });
    const guard = createGuard(() => config);
    assert.notEqual(guard({ peer: '192.0.2.1', headers: {} }), undefined);
    config = configWith({ allow_addr: ['192.0.2.1'] });
    assert.equal(guard({ peer: '192.0.2.1', headers: {} }), undefined);
  });

  test('the start warns when everybody may call, and names the key', () => {
    assert.match(opennessWarning(configWith()) ?? '', /set allow_addr/);
    assert.equal(opennessWarning(configWith({ allow_addr: ['127.0.0.1'] })), undefined);
  });
});
