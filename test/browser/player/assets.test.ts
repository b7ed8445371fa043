import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startTestGateway } from '../../helpers/gateway.ts';
import { openScope } from '../../helpers/scope.ts';

describe('the player’s files', () => {
  const scope = openScope();
  let origin = '';

  before(async () => {
    origin = (await startTestGateway(scope, { webrtc_port: 0 })).http;
  });
  after(() => scope.close());

  it('may be used by pages of other origins, and are asked for anew', async () => {
    const answer = await fetch(`${origin}/player.js`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
    assert.equal(answer.headers.get('cache-control'), 'no-cache');
    assert.match(answer.headers.get('content-type') ?? '', /javascript/);
    const tag = answer.headers.get('etag') ?? '';
    const again = await fetch(`${origin}/player.js`, { headers: { 'if-none-match': tag } });
    assert.equal(again.status, 304);
  });

  it('have types, which are text and no film', async () => {
    const answer = await fetch(`${origin}/player.d.ts`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8');
    assert.match(await answer.text(), /export class AmsPlayerElement extends HTMLElement/);
  });

  it('can be debugged with their source maps', async () => {
    const answer = await fetch(`${origin}/player.js.map`);
    assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
    const { version, sources } = (await answer.json()) as { version: number; sources: string[] };
    assert.equal(version, 3);
    assert.ok(sources.some((path) => path.endsWith('/ams-player.ts')));
  });

  it('come as gzip to who takes it', async () => {
    const plain = await fetch(`${origin}/player.js`, {
      headers: { 'accept-encoding': 'identity' },
    });
    assert.equal(plain.headers.get('content-encoding'), null);
    const zipped = await fetch(`${origin}/player.js`, { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(zipped.headers.get('content-encoding'), 'gzip');
    assert.equal(await zipped.text(), await plain.text());
  });

  it('have an icon, also for who asks for none in particular', async () => {
    for (const [path, type] of [
      ['/favicon.svg', 'image/svg+xml'],
      ['/favicon.ico', 'image/x-icon'],
    ] as const) {
      const answer = await fetch(origin + path);
      assert.equal(answer.status, 200, path);
      assert.equal(answer.headers.get('content-type'), type);
      assert.match(answer.headers.get('cache-control') ?? '', /max-age/);
    }
    for (const page of ['/', '/stat', '/player/lesson', '/publish/lesson']) {
      assert.match(await (await fetch(origin + page)).text(), /rel="icon" href="\/favicon\.svg"/);
    }
  });

  it('of pages may be kept for ever, as their names change with them', async () => {
    const home = await (await fetch(`${origin}/`)).text();
    const assets = [...home.matchAll(/"(\/player\/assets\/[^"]+)"/g)].map(([, path]) => path);
    assert.ok(assets.length >= 2);
    for (const path of assets) {
      const answer = await fetch(`${origin}${path}`);
      assert.equal(answer.status, 200, path);
      assert.match(answer.headers.get('cache-control') ?? '', /immutable/);
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    }
  });

  it('are the only ones to be had: no path leads elsewhere', async () => {
    for (const path of [
      'nothing.js',
      '..%2f..%2f..%2fpackage.json',
      '%2e%2e%2fhome.html',
      'x%00.js',
    ]) {
      const answer = await fetch(`${origin}/player/assets/${path}`);
      assert.ok(answer.status === 404 || answer.status === 400, `${path}: ${answer.status}`);
    }
  });
});
