import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFile, rm, utimes } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { chromiumPath, startChromium } from '../../helpers/chromium.ts';
import type { StatReport } from '../../../shared/stat.ts';
import { startTestGateway } from '../../helpers/gateway.ts';
import { openScope } from '../../helpers/scope.ts';
import { publishNumbered } from '../latency/numbered-publisher.ts';
import {
  openPage,
  playerIs,
  playerSays,
  startPlayerFixture,
  until,
  type PlayerFixture,
} from './player-fixture.ts';

describe('the pages', { skip: chromiumPath() === undefined && 'no Chromium' }, () => {
  const scope = openScope();
  let fixture: PlayerFixture;
  let browser: Browser;
  const url = (path: string) => `${fixture.gateway.http}${path}`;

  before(async () => {
    fixture = await startPlayerFixture(scope);
    browser = await startChromium(scope, {
      args: ['--host-resolver-rules=MAP gateway.test 127.0.0.1'],
    });
  });
  after(() => scope.close());

  it('the home page tells how to publish when nothing is live, then shows what comes', async () => {
    const { page, errors } = await openPage(browser, url('/'));
    await page.getByRole('heading', { name: 'Nothing is live' }).waitFor();
    const server = `rtmp://127.0.0.1:${fixture.gateway.gateway.ports.rtmp}/live`;
    await page.getByText(server, { exact: true }).waitFor();
    await page.getByLabel('Stream name').fill('maths');
    await page.getByText(`${server}/maths`).waitFor();

    const publisher = await publishNumbered(scope, `${fixture.gateway.rtmp}/maths`, fixture.media);
    await page.getByRole('link', { name: /^maths/ }).waitFor();
    await playerIs(page, 'playing');
    for (const fact of ['640 × 360', 'H.264', 'AAC']) {
      await page.locator('.about .facts', { hasText: fact }).waitFor();
    }
    await page.getByText(`${url('')}/player/maths`, { exact: true }).waitFor();
    assert.deepEqual(errors, []);
    await page.context().close();
    await publisher.stop();
  });

  it('the home page goes over to the stream that is chosen', async () => {
    const publishers = await Promise.all(
      ['one', 'two'].map((name) =>
        publishNumbered(scope, `${fixture.gateway.rtmp}/${name}`, fixture.media),
      ),
    );
    const { page } = await openPage(browser, url('/'));
    await page.getByRole('link', { name: /^two/ }).click();
    await until(page, `document.querySelector('ams-player').src === 'two'`);
    await playerIs(page, 'playing');
    assert.equal(
      await page.getByRole('link', { name: /^two/ }).getAttribute('aria-current'),
      'true',
    );
    assert.match(page.url(), /#two$/);
    await page.context().close();
    for (const publisher of publishers) await publisher.stop();
  });

  it('nothing that a name says is taken for HTML', async () => {
    const hostile = `<img src=x onerror="globalThis.owned=1">"'><script>owned=1</script>`;
    const { page, errors } = await openPage(browser, 'about:blank');
    const live = {
      ...{ name: hostile, active: true, publishing: true, time: 1000, viewers: {} },
      ...{ bw_in: 1, bw_out: 0, bw_audio: 0, bw_video: 1, bytes_in: 0, bytes_out: 0 },
      video: {
        codec: hostile,
        profile: null,
        width: 1,
        height: 1,
        frameRate: 1,
        keyFrameInterval: 1,
      },
      audio: null,
    };
    await page.route('**/stat/channel', (route) =>
      route.fulfill({ json: { now: 0, live: [live] } }),
    );
    await page.goto(url('/'));
    await page.getByText(hostile).first().waitFor();
    await page.getByLabel('Stream name').fill(hostile);
    assert.equal(await page.evaluate('globalThis.owned'), undefined);
    assert.equal(await page.evaluate(`document.querySelectorAll('main img[src=x]').length`), 0);
    // The player finds that it is no name, and says so in words.
    await page.getByText('There is nothing to play').waitFor();
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it('nothing that a recording’s name says is taken for HTML', async () => {
    const hostile = `<img src=x onerror="globalThis.owned=1">"'><script>owned=1</script>.mp4`;
    const { page, errors } = await openPage(browser, 'about:blank');
    const file = {
      ...{ name: hostile, url: `/${encodeURIComponent(hostile)}`, type: 'video/mp4' },
      ...{ size: 1, modified: 0, duration: 1, poster: null, state: 'ready' },
    };
    await page.route('**/control/files?*', (route) =>
      route.fulfill({ json: { total: 1, offset: 0, files: [file] } }),
    );
    await page.goto(url('/'));
    await page.locator('.program .name', { hasText: hostile.replace('.mp4', '') }).waitFor();
    assert.equal(await page.evaluate('globalThis.owned'), undefined);
    assert.equal(await page.evaluate(`document.querySelectorAll('main img[src=x]').length`), 0);
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it('the player page passes the viewer’s arguments on', async () => {
    const { page } = await openPage(
      browser,
      url('/player/lesson?token=a%26b&transport=mse&lang=en'),
    );
    assert.equal(await playerSays(page, 'src'), 'lesson?token=a%26b');
    assert.equal(await playerSays(page, 'transport'), 'mse');
    await page.context().close();
  });

  it('one click starts the demo channel, which plays within a second of its clock', async () => {
    const { page, errors } = await openPage(browser, url('/'));
    await page.getByRole('button', { name: 'Start the demo channel' }).click();
    await playerIs(page, 'playing');
    await page.getByText('Published right now').waitFor();
    await page.getByText('Your clock').waitFor();
    assert.match(await page.locator('.clocks b').first().innerText(), /^00:\d\d:\d\d\.\d{3}$/);
    await until(page, `document.querySelector('ams-player').delay < 1`);
    await page.getByRole('button', { name: 'Stop the demo channel' }).click();
    await page.getByRole('button', { name: 'Start the demo channel' }).waitFor();
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it('the files of the library are shown with pictures, and played', async () => {
    const { media } = fixture.gateway.folders;
    const sample = new URL('../../../gateway/library/sample/', import.meta.url);
    for (let number = 0; number < 13; number++) {
      const file = join(media, `lesson ${number}.mp4`.replace(' ', '-'));
      await copyFile(new URL('1.mp4', sample), file);
      await utimes(file, 2_000_000_000 + number, 2_000_000_000 + number);
    }
    await copyFile(new URL('1.jpg', sample), join(media, 'lesson-12.jpg'));
    const { page, errors } = await openPage(browser, url('/'));
    const newest = page.getByRole('link', { name: /^1:00 lesson-12 18 May 2033/ });
    await newest.waitFor();
    await until(page, `document.querySelector('.program img')?.naturalWidth > 0`);
    assert.equal(await page.locator('.program').count(), 12);
    await page.getByRole('button', { name: 'Show more (2)' }).click();
    await page.getByRole('link', { name: /Sample programme/ }).waitFor();
    assert.equal(await page.locator('.program').count(), 14);
    await newest.click();
    await playerIs(page, 'playing');
    assert.equal(await playerSays(page, 'src'), 'lesson-12.mp4');
    await page.getByText(`${url('')}/lesson-12.mp4`, { exact: true }).waitFor();
    assert.deepEqual(errors, []);
    await page.context().close();
    await rm(media, { recursive: true });
  });

  it('live streams have pictures, and warnings with what mends them', async () => {
    const publisher = await publishNumbered(scope, `${fixture.gateway.rtmp}/maths`, fixture.media);
    const { page, errors } = await openPage(browser, 'about:blank');
    await page.route('**/stat/channel', async (route) => {
      const response = await route.fetch();
      const report = (await response.json()) as StatReport;
      const live = report.live!.map((stream) => ({ ...stream, warnings: ['key_frames', 'new'] }));
      await route.fulfill({ json: { ...report, live } });
    });
    await page.goto(url('/'));
    await until(page, `document.querySelector('.streams img')?.naturalWidth === 480`, 20_000);
    await page.getByText('Output → Keyframe Interval: 1 s').waitFor();
    assert.equal(await page.locator('.warnings li').count(), 1, 'what is not known is left out');
    assert.deepEqual(errors, []);
    await page.context().close();
    await publisher.stop();
  });

  it('a visitor who may not use the API is offered none of it, and sees no errors', async () => {
    const closed = await startTestGateway(scope, {
      allow_addr: ['192.0.2.1'],
      trusted_proxies: [],
    });
    const { page, errors } = await openPage(browser, 'about:blank');
    await page.setExtraHTTPHeaders({ 'x-forwarded-for': '198.51.100.7' });
    await page.goto(`${closed.http}/`);
    await page.getByRole('heading', { name: 'Nothing is live' }).waitFor();
    await page
      .getByText(`rtmp://127.0.0.1:${closed.gateway.ports.rtmp}/live`, { exact: true })
      .waitFor();
    assert.equal(await page.getByRole('button', { name: /demo/ }).count(), 0);
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it('a file plays, seeks by key and by its bar, and takes a speed', async () => {
    const { page, errors } = await openPage(browser, url('/player/1.mp4?muted'));
    await playerIs(page, 'playing');
    const length = await playerSays<number>(page, 'duration');
    assert.ok(length > 5 && Number.isFinite(length));
    const before = await playerSays<number>(page, 'currentTime');
    await page.getByRole('region', { name: 'Video player' }).focus();
    await page.keyboard.press('ArrowRight');
    await until(page, `document.querySelector('ams-player').currentTime >= ${before + 4.9}`);
    await page.getByRole('slider', { name: 'Position' }).fill('1');
    await until(page, `document.querySelector('ams-player').currentTime < ${before + 4.9}`);
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('menuitemradio', { name: '1.5×' }).click();
    assert.equal(await playerSays(page, 'playbackRate'), 1.5);
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it('a file that is not there is said not to be', async () => {
    const { page } = await openPage(browser, url('/player/nothing.mp4'));
    await page.getByText('This video does not exist.').waitFor();
    await page.context().close();
  });

  it('a gateway that does not answer is said not to, and nothing is offered of it', async () => {
    const { page } = await openPage(browser, url('/'));
    await page.getByRole('button', { name: 'Start the demo channel' }).waitFor();
    await page.route('**/stat/channel', (route) => route.abort());
    await page.getByText('The gateway does not answer').waitFor();
    assert.equal(await page.getByRole('heading', { name: /live/i }).count(), 0);
    assert.equal(await page.getByRole('button', { name: 'Start the demo channel' }).count(), 0);
    await page.unroute('**/stat/channel');
    await page.getByRole('heading', { name: 'Nothing is live' }).waitFor();
    await page.getByRole('button', { name: 'Start the demo channel' }).waitFor();
    await page.context().close();
  });

  it('a name that no stream can have is told before anybody copies it', async () => {
    const { page, errors } = await openPage(browser, url('/'));
    await page.getByLabel('Stream name').fill('my lesson');
    await page.getByText('make a name, such as lesson').waitFor();
    await page.locator('.command', { hasText: '/live/lesson' }).waitFor();
    await page.getByLabel('Stream name').fill('my-lesson');
    await page.getByText('make a name, such as lesson').waitFor({ state: 'hidden' });
    await page.locator('.command', { hasText: '/live/my-lesson' }).waitFor();
    await page.goto(url('/player/my%20lesson'));
    await page.getByText('There is nothing to play').waitFor();
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it('a QR code is shown where phones can use its address', async () => {
    const { page } = await openPage(browser, url('/#lesson'));
    await page.getByText('For a QR code for phones').waitFor();
    assert.equal(await page.locator('.qr').count(), 0);
    await page.goto(`${url('/').replace('127.0.0.1', 'gateway.test')}#lesson`);
    await page.locator('.qr').waitFor();
    await page.getByText('Scan to watch on a phone.').waitFor();
    await page.context().close();
  });

  it('in a frame of another page it plays, and the console stays clean', async () => {
    const { page, errors } = await openPage(browser, 'about:blank');
    const warnings: string[] = [];
    page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
    await page.goto(url('/#1.mp4'));
    const code = await page.locator('.link code', { hasText: '<iframe' }).innerText();
    const school = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end(code + code.replace(/ allow=".*?"/, ''));
    }).listen(0, '127.0.0.1');
    scope.after(() => void school.close());
    await once(school, 'listening');
    await page.goto(`http://127.0.0.1:${(school.address() as AddressInfo).port}/`);
    for (const at of [0, 1]) {
      const player = page.frameLocator('iframe').nth(at).locator('ams-player');
      await player.getByRole('button', { name: 'Pause' }).waitFor();
    }
    assert.deepEqual([...errors, ...warnings], []);
    await page.context().close();
  });

  it('where there is nothing, people get a page and programs a sentence', async () => {
    const { page, errors } = await openPage(browser, url('/nothing/<b>here'));
    await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor();
    await page.getByText('/nothing/<b>here').waitFor();
    await page.getByRole('link', { name: 'Home', exact: true }).click();
    await page.getByRole('heading', { name: 'Nothing is live' }).waitFor();
    assert.deepEqual(errors, []);
    await page.context().close();
    const answer = await fetch(url('/nothing/here'));
    assert.equal(answer.status, 404);
    assert.equal(((await answer.json()) as { code: string }).code, 'not_found');
  });

  it('language and theme are remembered', async () => {
    const { page } = await openPage(browser, url('/'), { colorScheme: 'light' });
    await page.getByRole('button', { name: '中文' }).click();
    await page.getByRole('heading', { name: '推流' }).waitFor();
    await page.getByRole('button', { name: '浅色或深色' }).click();
    await page.reload();
    await page.getByRole('heading', { name: '推流' }).waitFor();
    assert.equal(await page.evaluate('document.documentElement.dataset.theme'), 'dark');
    await page.context().close();
  });

  it('the policy lets nothing in from elsewhere', async () => {
    const { headers } = await fetch(url('/'));
    const policy = headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self';/);
    assert.match(policy, /style-src 'self';/);
    assert.match(policy, /frame-ancestors 'self'/);
    const embeddable = await fetch(url('/player/lesson'));
    assert.match(embeddable.headers.get('content-security-policy') ?? '', /frame-ancestors \*/);
  });
});
