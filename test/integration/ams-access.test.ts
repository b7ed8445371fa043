import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import { startAmsGateway, type AmsGateway } from '../helpers/ams-gateway.ts';

/** Every guarded address, with its method. */
const guarded = [
  ['POST', '/cfg/get'],
  ['POST', '/cfg/set'],
  ['POST', '/cfg/reload'],
  ['GET', '/cfg/drop?clientid=1'],
  ['GET', '/control/record/start?app=live&rec=rec&name=x'],
  ['GET', '/control/record/stop?app=live&rec=rec&name=x'],
  ['GET', '/control/drop/publisher'],
  ['GET', '/control/drop/client'],
] as const;

/** A request with any headers at all (`fetch` forbids some). */
async function ask(
  ams: AmsGateway,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> {
  const call = request(ams.http + path, { method, headers });
  call.end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
}

/** As the proxy in front of us would forward a request of that address. */
const from = (address: string) => ({ 'x-forwarded-for': address });
/** The proxy runs on this machine and is believed. */
const behindProxy = { trusted_proxies: '127.0.0.1' };

suite('section 2: allow_addr', () => {
  const cases: [allow_addr: string, allowed: string[], refused: string[]][] = [
    ['all', ['192.0.2.1', '2001:db8::1'], []],
    ['192.0.2.7', ['192.0.2.7', '::ffff:192.0.2.7'], ['192.0.2.8', '2001:db8::7']],
    ['192.0.2.0/24', ['192.0.2.1', '192.0.2.255'], ['192.0.3.1']],
    ['2001:db8:1::/48', ['2001:db8:1::9'], ['2001:db8:2::9', '192.0.2.1']],
    ['10.0.0.0/8,192.0.2.7', ['10.9.9.9', '192.0.2.7'], ['192.0.2.8']],
  ];
  for (const [allow_addr, allowed, refused] of cases) {
    test(`${allow_addr}`, async (t) => {
      const ams = await startAmsGateway(t, { settings: { allow_addr, ...behindProxy } });
      for (const address of allowed) {
        assert.equal((await ask(ams, 'POST', '/cfg/get', from(address))).status, 200, address);
      }
      for (const address of refused) {
        const { status, body } = await ask(ams, 'POST', '/cfg/get', from(address));
        assert.equal(status, 403, address);
        assert.equal(body, `${address} may not call this address: it is not in allow_addr.`);
      }
      assert.equal((await ask(ams, 'POST', '/cfg/get')).status, 200, 'loopback is always allowed');
    });
  }

  test('guards /cfg and /control, every address, with a sentence; and nothing happens', async (t) => {
    const settings = { allow_addr: '10.0.0.1', ...behindProxy };
    const ams = await startAmsGateway(t, { settings });
    await ams.publish('lesson');
    for (const [method, path] of guarded) {
      const { status, body } = await ask(ams, method, path, from('192.0.2.1'));
      assert.equal(status, 403, path);
      assert.match(body, /^192\.0\.2\.1 may not call this address/);
    }
    assert.equal(ams.gateway.registry.list().length, 1);
  });

  test('/stat, /metrics and /healthz are for everybody', async (t) => {
    const settings = { allow_addr: '10.0.0.1', ...behindProxy };
    const ams = await startAmsGateway(t, { settings });
    for (const path of ['/stat', '/stat/sys', '/stat/all', '/metrics', '/healthz']) {
      assert.equal((await ask(ams, 'GET', path, from('192.0.2.1'))).status, 200, path);
    }
  });

  test('a reload closes the door at once', async (t) => {
    const ams = await startAmsGateway(t, { settings: behindProxy });
    assert.equal((await ask(ams, 'GET', '/control/drop/client', from('192.0.2.1'))).status, 200);
    await ams.configure({ allow_addr: '127.0.0.1' });
    assert.equal((await ask(ams, 'GET', '/control/drop/client', from('192.0.2.1'))).status, 403);
  });
});

suite('section 2: forwarding headers', () => {
  for (const header of ['X-Forwarded-For', 'X-Real-IP', 'Forwarded', 'Via', 'X-Forwarded-Host']) {
    test(`${header} from a peer that is not trusted: never loopback, loopback peers too`, async (t) => {
      const ams = await startAmsGateway(t, { settings: { allow_addr: '10.0.0.1' } });
      const value = header === 'Forwarded' ? 'for=127.0.0.1' : '127.0.0.1';
      const { status } = await ask(ams, 'GET', '/control/drop/client', { [header]: value });
      assert.equal(status, 403);
    });
  }

  test('a chain counts up to the last address that no trusted proxy vouches for', async (t) => {
    const ams = await startAmsGateway(t, {
      settings: { allow_addr: '192.0.2.7', trusted_proxies: '127.0.0.1,10.0.0.0/8' },
    });
    const status = async (chain: string) =>
      (await ask(ams, 'POST', '/cfg/get', { 'x-forwarded-for': chain })).status;
    assert.equal(await status('203.0.113.1, 192.0.2.7, 10.0.0.4'), 200);
    assert.equal(await status('192.0.2.7, 203.0.113.1, 10.0.0.4'), 403);
    assert.equal(await status('127.0.0.1, 203.0.113.1'), 403);
    assert.equal(await status('garbage'), 403);
  });
});

suite('section 2: requests that a browser marks as cross-site', () => {
  test('are refused everywhere, allow_addr or not', async (t) => {
    const ams = await startAmsGateway(t);
    await ams.publish('lesson');
    for (const [method, path] of guarded) {
      for (const [name, value] of [
        ['sec-fetch-site', 'cross-site'],
        ['origin', 'http://other.example'],
        ['referer', 'http://other.example/page'],
      ] as const) {
        const headers = { [name]: value };
        const { status, body } = await ask(ams, method, path, headers);
        assert.equal(status, 403, path);
        assert.match(body, /page of another site/);
      }
    }
    assert.equal(ams.gateway.registry.list().length, 1);
  });

  test('our own pages may call', async (t) => {
    const ams = await startAmsGateway(t);
    const own: Record<string, string>[] = [
      { 'sec-fetch-site': 'same-origin', origin: ams.http },
      { origin: ams.http },
      { referer: `${ams.http}/stat` },
    ];
    for (const headers of own) {
      const { status } = await ask(ams, 'POST', '/cfg/get', headers);
      assert.equal(status, 200);
    }
  });
});
