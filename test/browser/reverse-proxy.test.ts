import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeTestCertificate } from '../../gateway/ops/test-certificate.ts';
import { chromiumPath, startChromium } from '../helpers/chromium.ts';
import { accepting, freePort } from '../helpers/free-port.ts';
import { start } from '../helpers/processes.ts';
import { openScope, type Scope } from '../helpers/scope.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { publishNumbered } from './latency/numbered-publisher.ts';
import { openPage, playerIs, playerSays, startPlayerFixture } from './player/player-fixture.ts';

const NGINX = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((file) => existsSync(file));
const missing = NGINX === undefined ? 'no nginx' : !chromiumPath() && 'no Chromium';

/** The configuration that a page of the documents shows. */
async function shown(page: string): Promise<string> {
  const text = await readFile(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  return /```nginx\n([^]*?)```/.exec(text)![1]!;
}

/** nginx with TLS and the configuration that the documents show; answers its address. */
async function startProxy(scope: Scope, gateway: string): Promise<string> {
  const dir = await tempDir(scope);
  const port = await freePort();
  const { cert, key } = await makeTestCertificate(dir);
  const server = (await shown('reverse-proxy.md'))
    .replace('listen 443', `listen 127.0.0.1:${port}`)
    .replace('http://127.0.0.1:89', gateway)
    .replace(/ssl_certificate .*;/, `ssl_certificate ${cert};`)
    .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${key};`);
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${dir}/${name};`)
    .join(' ');
  const file = join(dir, 'nginx.conf');
  await writeFile(
    file,
    `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; master_process off;
    pid ${dir}/nginx.pid; lock_file ${dir}/nginx.lock; error_log stderr warn;
    events {} http { access_log off; ${places} ${server} }`,
  );
  const child = start(scope, NGINX!, ['-p', dir, '-e', 'stderr', '-c', file]);
  await accepting(child, port);
  return `https://127.0.0.1:${port}`;
}

describe('behind nginx, as the documents show it', { skip: missing }, () => {
  it('is shown alike in both languages', async () => {
    const bare = async (page: string) => (await shown(page)).replaceAll(/^\s*#.*\n/gm, '');
    assert.equal(await bare('reverse-proxy.zh-CN.md'), await bare('reverse-proxy.md'));
  });

  it('the pages show its address, every transport plays, and the API sees who asks', async (t) => {
    const scope = openScope();
    t.after(() => scope.close());
    const fixture = await startPlayerFixture(scope, {
      trusted_proxies: ['127.0.0.1'],
      allow_addr: ['192.0.2.1'],
    });
    const { gateway } = fixture;
    const origin = await startProxy(scope, gateway.http);
    await publishNumbered(scope, `${gateway.rtmp}/lesson`, fixture.media);
    const browser = await startChromium(scope, { args: ['--ignore-certificate-errors'] });

    const { page, errors } = await openPage(browser, `${origin}/`);
    await page.getByText(`${origin}/player/lesson`, { exact: true }).waitFor();
    await page.getByText(`${origin.replace('http', 'ws')}/live/lesson.flv`).waitFor();
    await playerIs(page, 'playing');
    for (const transport of ['webrtc', 'webcodecs', 'mse', 'hls']) {
      await page.goto(`${origin}/player/lesson?muted&transport=${transport}`);
      await playerIs(page, 'playing');
      assert.equal(await playerSays(page, 'currentTransport'), transport);
    }
    assert.deepEqual(errors, []);
    await page.context().close();

    // What the proxy says of its visitors is believed, and nothing that they say of themselves.
    for (const visitor of ['198.51.100.7', '127.0.0.1, 198.51.100.7']) {
      const headers = { 'x-forwarded-for': visitor };
      const { status } = await fetch(`${gateway.http}/control/files`, { headers });
      assert.equal(status, 403, visitor);
    }
  });
});
