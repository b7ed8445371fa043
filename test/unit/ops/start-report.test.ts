import assert from 'node:assert/strict';
import { isIPv4 } from 'node:net';
import { test } from 'node:test';
import { defaultConfig } from '../../../gateway/config/values.ts';
import { outsideAddress, startReport } from '../../../gateway/ops/start-report.ts';

const facts = {
  config: defaultConfig(),
  folders: { state: '/var/lib/ams', media: '/var/ams' },
  ports: { rtmp: 1935, http: 89 },
  host: '10.0.0.7',
};

test('the standard RTMP port is left out, as people write it', () => {
  const report = startReport(facts).join('\n');
  assert.match(report, /^AMS Gateway \d+\.\d+\.\d+ is running \(Node\.js \d+\./);
  assert.match(report, /state +\/var\/lib\/ams\n +media +\/var\/ams\n/);
  assert.match(report, /publish +rtmp:\/\/10\.0\.0\.7\/live\/NAME\n/);
  assert.match(report, /OBS: server rtmp:\/\/10\.0\.0\.7\/live, stream key NAME\n/);
  assert.match(report, /watch +http:\/\/10\.0\.0\.7:89\/, http:\/\/10\.0\.0\.7:89\/player\/NAME\n/);
  assert.match(
    report,
    /http:\/\/10\.0\.0\.7:89\/live\/NAME\.flv, ws:\/\/10\.0\.0\.7:89\/live\/NAME\.flv\n/,
  );
  assert.match(report, /http:\/\/10\.0\.0\.7:89\/NAME\/index\.m3u8$/);
});

test('ports and addresses are those that are listened on', () => {
  const config = { ...facts.config, rtmp_bind: '::1', http_bind: '127.0.0.1' };
  const report = startReport({ ...facts, config, ports: { rtmp: 2000, http: 80 } }).join('\n');
  assert.match(report, /publish +rtmp:\/\/\[::1\]:2000\/live\/NAME/);
  assert.match(report, /watch +http:\/\/127\.0\.0\.1\/, /);
  const every = { ...facts.config, rtmp_bind: '0.0.0.0', http_bind: '::' };
  assert.match(startReport({ ...facts, config: every }).join('\n'), /http:\/\/10\.0\.0\.7:89\//);
});

test('there is always an address to show', () => {
  assert.ok(isIPv4(outsideAddress()));
});
