import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { chromiumPath, startChromium } from '../../helpers/chromium.ts';
import { openScope } from '../../helpers/scope.ts';
import {
  openPage,
  playerIs,
  startPlayerFixture,
  until,
  type PlayerFixture,
} from './player-fixture.ts';

describe('the publishing page', { skip: chromiumPath() === undefined && 'no Chromium' }, () => {
  const scope = openScope();
  let fixture: PlayerFixture;
  let browser: Browser;
  const url = (path: string) => `${fixture.gateway.http}${path}`;

  before(async () => {
    fixture = await startPlayerFixture(scope);
    browser = await startChromium(scope, {
      args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
    });
  });
  after(() => scope.close());

  it('a camera is published from the page, and watched', async () => {
    const { page, errors } = await openPage(browser, url('/publish/camera'));
    await page.getByText('Nobody sees this yet').waitFor();
    await page.getByRole('button', { name: 'Go live' }).click();
    await page.getByText('You are live').waitFor();
    await fixture.gateway.streamIs('camera', 'live');
    const watching = await openPage(browser, url('/player/camera?transport=webrtc'));
    await playerIs(watching.page, 'playing');
    await watching.page.context().close();
    for (const figure of ['Bit rate', 'Loss', 'Key frames', 'Round trip']) {
      await page.getByText(figure, { exact: true }).waitFor();
    }
    await page.locator('dd', { hasText: /^\d+(\.\d)? s$/ }).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Nobody sees this yet').waitFor();
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it('a screen is shared from the page, and watched', async () => {
    const { page, errors } = await openPage(browser, url('/publish/screen'));
    await page.getByText('Nobody sees this yet').waitFor();
    await page.getByLabel('Camera / Screen').selectOption('screen');
    await until(
      page,
      `document.querySelector('video').srcObject.getVideoTracks()[0].getSettings().displaySurface`,
    );
    await page.getByRole('button', { name: 'Go live' }).click();
    await fixture.gateway.streamIs('screen', 'live');
    await page.getByRole('button', { name: 'Stop' }).click();
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it('a name that no stream can have is said so, and how names are made', async () => {
    const { page, errors } = await openPage(browser, url('/publish/%20'));
    await page.getByRole('heading', { name: 'This cannot be a stream’s name' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Go live' }).count(), 0);
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  const TROUBLES = [
    ['NotAllowedError', 'blocked for this page'],
    ['NotFoundError', 'No camera or microphone was found'],
    ['NotReadableError', 'another program may be using it'],
  ] as const;
  for (const [name, sentence] of TROUBLES) {
    it(`a camera that is not to be had is said why, and tried again: ${name}`, async () => {
      const { page, errors } = await openPage(browser, 'about:blank');
      await page.addInitScript(`{
        const given = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = (wish) => globalThis.given
          ? given(wish) : Promise.reject(new DOMException('No.', '${name}'));
      }`);
      await page.goto(url('/publish/camera'));
      await page.getByRole('alert').filter({ hasText: sentence }).waitFor();
      assert.equal(await page.getByRole('button', { name: 'Go live' }).isDisabled(), true);
      await page.evaluate('globalThis.given = true');
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('Nobody sees this yet').waitFor();
      assert.equal(await page.locator('.notice').isHidden(), true);
      assert.deepEqual(errors, []);
      await page.context().close();
    });
  }

  it('of cameras that were chosen one after the other, only the last stays open', async () => {
    const { page, errors } = await openPage(browser, 'about:blank');
    await page.addInitScript(`
      globalThis.opened = [];
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wish) => {
        const media = await ask(wish);
        opened.push(media);
        return media;
      };`);
    await page.goto(url('/publish/choosing'));
    const live = `opened.filter((media) => media.getTracks().some((one) => one.readyState === 'live'))`;
    await until(page, 'opened.length === 1');
    await page.evaluate(`
      const [source] = document.querySelectorAll('select');
      for (let count = 0; count < 2; count++) source.dispatchEvent(new Event('change'));`);
    await until(page, `opened.length === 3 && ${live}.length === 1`);
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it('a screen is let go when there is no microphone to go with it', async () => {
    const { page } = await openPage(browser, 'about:blank');
    await page.addInitScript(`
      const { mediaDevices } = navigator;
      const share = mediaDevices.getDisplayMedia.bind(mediaDevices);
      mediaDevices.getDisplayMedia = async (wish) => (globalThis.shared = await share(wish));
      const ask = mediaDevices.getUserMedia.bind(mediaDevices);
      mediaDevices.getUserMedia = (wish) => globalThis.shared
        ? Promise.reject(new DOMException('No.', 'NotFoundError')) : ask(wish);`);
    await page.goto(url('/publish/screen'));
    await page.getByText('Nobody sees this yet').waitFor();
    await page.locator('select').first().selectOption('screen');
    await until(page, `globalThis.shared?.getTracks().every((one) => one.readyState === 'ended')`);
    await page.context().close();
  });

  it('a publisher who is refused is told why', async () => {
    const { page } = await openPage(browser, url('/publish/camera'));
    await page.getByText('Nobody sees this yet').waitFor();
    const refusals = [
      [403, 'does not allow you to publish'],
      [406, 'cannot encode H.264'],
      [409, 'Somebody else publishes under this name'],
      [501, 'does not take streams from browsers'],
      [503, 'The gateway is full'],
      [500, 'cannot be reached'],
    ] as const;
    for (const [status, sentence] of refusals) {
      await page.route('**/whip', (route) => route.fulfill({ status }), { times: 1 });
      await page.getByRole('button', { name: 'Go live' }).click();
      await page.getByRole('alert').filter({ hasText: sentence }).waitFor();
    }
    await page.evaluate('delete globalThis.RTCPeerConnection');
    await page.getByRole('button', { name: 'Go live' }).click();
    await page.getByRole('alert').filter({ hasText: 'has no WebRTC' }).waitFor();
    await page.context().close();
  });

  it('without a microphone there is the camera alone, and the page says so', async () => {
    const { page } = await openPage(browser, 'about:blank');
    await page.addInitScript(`{
      const given = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = (wish) => wish.audio
        ? Promise.reject(new DOMException('None.', 'NotFoundError')) : given(wish);
    }`);
    await page.goto(url('/publish/camera'));
    await page.getByText('No microphone was found').waitFor();
    await page.getByText('Nobody sees this yet').waitFor();
    await page.context().close();
  });

  it('over plain HTTP from elsewhere there is no camera, and the page says what to do', async () => {
    const { page } = await openPage(browser, 'about:blank');
    await page.addInitScript(
      `Object.defineProperty(navigator, 'mediaDevices', { value: undefined })`,
    );
    await page.goto(url('/publish/camera'));
    const local = url('/publish/camera').replace('127.0.0.1', 'localhost');
    await page.getByText(`set https_port, tls_cert and tls_key`).waitFor();
    await page.getByText(`${local} works at once`).waitFor();
    const way = page.getByRole('link', { name: 'Open over HTTPS' });
    assert.equal(await way.count(), 0, 'where there is none, none is shown');
    await page.route('**/addresses.json', (route) =>
      route.fulfill({ json: { rtmpPort: 1935, httpsPort: 8443, features: {} } }),
    );
    await page.reload();
    await way.waitFor();
    await page.getByText('Open this page over HTTPS').waitFor();
    assert.equal(await way.getAttribute('href'), 'https://127.0.0.1:8443/publish/camera');
    await page.context().close();
  });

  it('a click on a link does not end what is live', async () => {
    const { page } = await openPage(browser, url('/publish/lasting'));
    await page.getByText('Nobody sees this yet').waitFor();
    assert.equal(await page.getByRole('link', { name: 'Watch' }).getAttribute('target'), '_blank');
    await page.getByRole('button', { name: 'Go live' }).click();
    await page.getByText('You are live').waitFor();
    const asked = page.waitForEvent('dialog');
    const click = page.getByRole('link', { name: 'AMS Gateway' }).click();
    const dialog = await asked;
    assert.equal(dialog.type(), 'beforeunload');
    await dialog.dismiss();
    await click;
    await page.getByText('You are live').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Nobody sees this yet').waitFor();
    await page.context().close();
  });
});
