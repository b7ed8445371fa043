import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { chromiumPath, startChromium } from '../../helpers/chromium.ts';
import { freePort } from '../../helpers/free-port.ts';
import { startTestGateway } from '../../helpers/gateway.ts';
import { openScope } from '../../helpers/scope.ts';
import { startUdpRelay } from '../../helpers/udp-relay.ts';
import { leadThroughRelay } from '../latency/lead-through-relay.ts';
import { makeNumberedMedia } from '../latency/numbered-media.ts';
import { publishNumbered } from '../latency/numbered-publisher.ts';
import {
  openPage,
  pictureMoves,
  playerIs,
  playerSays,
  startPlayerFixture,
  until,
  type PlayerFixture,
} from './player-fixture.ts';
import { encodeProgramme } from './programme.ts';

const noBrowser = chromiumPath() === undefined && 'no Chromium';

const HEVC = [
  ...['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
  ...['-x265-params', 'log-level=none:keyint=25:min-keyint=25:scenecut=0:bframes=0:pools=1'],
];

/** What stands between a viewer and the fastest connection. */
describe('the player where a connection is not possible', { skip: noBrowser }, () => {
  const scope = openScope();
  let fixture: PlayerFixture;
  let browser: Browser;
  const url = (path: string) => `${fixture.gateway.http}${path}`;

  before(async () => {
    fixture = await startPlayerFixture(scope, { webrtc_max_transcodes: 0 });
    browser = await startChromium(scope, { autoplay: true });
  });
  after(() => scope.close());

  it('moves down where no datagram comes through, and says why', async () => {
    const publisher = await publishNumbered(scope, `${fixture.gateway.rtmp}/lesson`, fixture.media);
    const port = fixture.gateway.gateway.ports.webrtc;
    const wall = await startUdpRelay(scope, port, { loss: 1, delay: [0, 0] });
    const { page } = await openPage(browser, 'about:blank');
    await leadThroughRelay(page, port, wall.port);
    await page.goto(url('/player/lesson?lang=zh'));
    await playerIs(page, 'playing');
    assert.equal(await playerSays(page, 'currentTransport'), 'webcodecs');
    await pictureMoves(page);
    await page.getByRole('button', { name: '设置' }).click();
    await page.getByRole('menuitemcheckbox', { name: '统计信息' }).click();
    await page.getByText('WebRTC 未能播放：画面未能及时到达。').waitFor();
    await page.context().close();
    await publisher.stop();
  });

  it('moves down when the gateway has no encoder left for B-frames', async () => {
    const media = await makeNumberedMedia(scope, { seconds: 8, bFrames: true });
    const publisher = await publishNumbered(scope, `${fixture.gateway.rtmp}/b-frames`, media);
    const { page } = await openPage(browser, url('/player/b-frames'));
    await playerIs(page, 'playing');
    assert.equal(await playerSays(page, 'currentTransport'), 'webcodecs');
    await pictureMoves(page);
    await page.context().close();
    await publisher.stop();
  });

  it('says that it cannot decode a stream, and plays what comes after it', async () => {
    const media = await encodeProgramme(scope, { video: HEVC });
    const publisher = await publishNumbered(scope, `${fixture.gateway.rtmp}/hevc`, media);
    const { page } = await openPage(browser, url('/player/hevc'));
    await playerIs(page, 'failed');
    assert.equal(await playerSays(page, 'error.code'), 'codec');
    await page.getByText('This browser cannot decode the stream.').waitFor();
    publisher.change(fixture.media);
    await until(page, `document.querySelector('ams-player').state === 'playing'`, 20_000);
    await pictureMoves(page);
    await page.context().close();
    await publisher.stop();
  });

  it('asks whether its WebRTC session is still known when nothing comes any more', async () => {
    const publisher = await publishNumbered(scope, `${fixture.gateway.rtmp}/lesson`, fixture.media);
    const port = fixture.gateway.gateway.ports.webrtc;
    const relay = await startUdpRelay(scope, port, { loss: 0, delay: [0, 0] });
    const { page } = await openPage(browser, 'about:blank');
    await leadThroughRelay(page, port, relay.port);
    // What a gateway that was killed and started again answers.
    await page.route('**/whep/*', (route) =>
      route.request().method() === 'PATCH'
        ? route.fulfill({ status: 404, json: { code: 'no_session' } })
        : route.fallback(),
    );
    await page.goto(url('/player/lesson?transport=webrtc'));
    await playerIs(page, 'playing');
    relay.options.loss = 1;
    await until(
      page,
      `/no longer knows/.test(document.querySelector('ams-player').error?.message)`,
    );
    relay.options.loss = 0;
    await playerIs(page, 'playing');
    await pictureMoves(page);
    await page.context().close();
    await publisher.stop();
  });

  for (const transport of ['webrtc', 'webcodecs', 'mse']) {
    it(`comes back over ${transport} after a restart of the gateway`, async () => {
      const [http, rtmp] = [await freePort(), await freePort()];
      const ports = { http_port: http, rtmp_port: rtmp };
      const first = openScope();
      const before = await startTestGateway(first, ports);
      await publishNumbered(first, `${before.rtmp}/lesson`, fixture.media);
      const { page } = await openPage(
        browser,
        `${before.http}/player/lesson?transport=${transport}`,
      );
      await playerIs(page, 'playing');
      await first.close();
      await until(page, `document.querySelector('ams-player').state !== 'playing'`);
      const next = await startTestGateway(scope, ports);
      const publisher = await publishNumbered(scope, `${next.rtmp}/lesson`, fixture.media);
      await playerIs(page, 'playing');
      await pictureMoves(page);
      await page.context().close();
      await publisher.stop();
    });
  }
});
