import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ConfigError } from '../../../gateway/config/errors.ts';
import { defaultConfig } from '../../../gateway/config/values.ts';
import { explainListenError } from '../../../gateway/ops/listen-error.ts';
import { mayBind } from '../../../gateway/ops/may-bind.ts';

const config = { ...defaultConfig(), rtmp_port: 1935, http_port: 89, webrtc_port: 8000 };

function explain(code: string, port: number, address = '0.0.0.0'): ConfigError {
  const error = Object.assign(new Error(`listen ${code}`), {
    code,
    syscall: 'listen',
    port,
    address,
  });
  const explained = explainListenError(error, config);
  assert.ok(explained instanceof ConfigError);
  assert.equal(explained.cause, error);
  return explained;
}

test('each failure names the key and the way out', () => {
  const cases: [string, number, string, RegExp][] = [
    [
      'EADDRINUSE',
      1935,
      'rtmp_port',
      /^Port 1935 is in use by another program \(rtmp_port\)\. .*--rtmp_port=PORT\.$/,
    ],
    ['EADDRINUSE', 89, 'http_port', /^Port 89 is in use by another program \(http_port\)/],
    ['EADDRINUSE', 8000, 'webrtc_port', /\(webrtc_port\)/],
    ['EACCES', 89, 'http_port', /^This user may not listen on port 89 \(http_port\)/],
    [
      'EADDRNOTAVAIL',
      1935,
      'rtmp_bind',
      /address 0\.0\.0\.0 is none of this machine's \(rtmp_bind\)/,
    ],
    ['EAFNOSUPPORT', 89, 'http_bind', /cannot listen on an address such as .* \(http_bind\)/],
    ['EMFILE', 89, 'http_port', /^Port 89 cannot be listened on \(http_port\): listen EMFILE\.$/],
  ];
  for (const [code, port, key, message] of cases) {
    const error = explain(code, port);
    assert.equal(error.key, key);
    assert.match(error.message, message);
  }
});

test('other errors are left as they are', () => {
  for (const error of [
    new Error('x'),
    Object.assign(new Error(), { code: 'EADDRINUSE' }),
    'text',
  ]) {
    assert.equal(explainListenError(error, config), error);
  }
});

test('mayBind: a free port and a used one may be bound', async (t) => {
  assert.ok(await mayBind(0, '127.0.0.1'));
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  assert.ok(await mayBind((server.address() as AddressInfo).port, '127.0.0.1'));
});
