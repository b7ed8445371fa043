import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { startTestGateway } from '../helpers/gateway.ts';
import { until } from '../helpers/until.ts';

/** Whether the library that DTLS takes certificates from is in memory: it is most of what DTLS holds. */
const hasLoadedDtls = (): boolean =>
  Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('@peculiar/x509'));

test('what WebRTC needs is loaded with the first page, not at the start', async (t) => {
  const { http, gateway } = await startTestGateway(t);
  assert.notEqual(gateway.ports.webrtc, 0, 'the port is open');
  assert.equal((await fetch(`${http}/stat?format=json`)).status, 200);
  assert.equal(hasLoadedDtls(), false);
  assert.equal((await fetch(`${http}/player.js`)).status, 200);
  await until(hasLoadedDtls);
});
