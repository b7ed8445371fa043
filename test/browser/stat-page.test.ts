import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { StatReport } from '../../shared/stat.ts';
import { startAmsGateway } from '../helpers/ams-gateway.ts';
import { startChromium } from '../helpers/chromium.ts';

suite('the status page', () => {
  test('shows live figures, in both languages, and fits a phone', async (t) => {
    const ams = await startAmsGateway(t);
    await ams.publish('physics');
    await ams.play('physics');
    const browser = await startChromium(t);
    const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(`${ams.http}/stat?lang=en`);

    await page.waitForSelector('td.name');
    const row = await page.innerText('tbody tr');
    for (const part of ['physics', 'live', 'rtmp 1', 'H.264 640×360', 'High 3.0', 'AAC 44.1 kHz']) {
      assert.ok(row.includes(part), `${part} in: ${row}`);
    }
    assert.match(await page.innerText('#figures'), /Viewers\s+1\s+of/);
    assert.match(await page.innerText('#charts'), /Bandwidth[^]*Viewers by protocol[^]*CPU/);
    assert.equal(await page.locator('#charts svg path').count(), 3 + 1 + 1 + 2 + 1 + 1);
    assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 360);

    await ams.play('physics');
    await page.locator('#figures', { hasText: /Viewers\s*2\s*of/ }).waitFor();
    await page.click('#language');
    assert.equal(await page.innerText('h1'), '运行状态');
    await page.reload();
    await page.waitForSelector('td.name');
    assert.equal(await page.getAttribute('html', 'lang'), 'en', 'the address says so');
    assert.deepEqual(problems, []);
  });

  test('nothing that a stream says is taken for HTML', async (t) => {
    const hostile = `<img src=x onerror="globalThis.owned=1">"'><script>owned=1</script>`;
    const ams = await startAmsGateway(t);
    await ams.publish('physics');
    const browser = await startChromium(t);
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.route('**/stat/channel', async (route) => {
      const response = await route.fetch();
      const report = (await response.json()) as StatReport;
      const live = report.live!.map((stream) => ({
        ...{ ...stream, name: hostile, viewers: { [hostile]: 1 }, warnings: ['b_frames', hostile] },
        video: { ...stream.video, codec: hostile, profile: hostile },
        audio: { ...stream.audio, codec: hostile },
      }));
      await route.fulfill({ json: { ...report, live } });
    });
    await page.goto(`${ams.http}/stat?lang=en`);
    await page.locator('td.name a', { hasText: hostile }).waitFor();
    await page.locator('td[data-label=Video] small', { hasText: hostile }).waitFor();
    await page.locator('td[data-label=Viewers] small', { hasText: hostile }).waitFor();
    assert.equal(await page.locator('.warnings li').count(), 1, 'what is not known is left out');
    assert.equal(await page.evaluate('globalThis.owned'), undefined);
    assert.equal(await page.locator('img, body script').count(), 0);
    assert.deepEqual(problems, []);
  });

  test('the keyboard’s place and a selection outlast the figures’ changes', async (t) => {
    const ams = await startAmsGateway(t);
    await ams.publish('physics');
    const browser = await startChromium(t);
    const page = await browser.newPage();
    await page.goto(`${ams.http}/stat?lang=en`);
    await page.locator('td.name a').focus();
    const time = await page.innerText('td[data-label=Time]');
    await page.locator('td[data-label=Time]').filter({ hasNotText: time }).waitFor();
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'physics');
  });

  test('says so when the server does not answer, and goes on when it does', async (t) => {
    const ams = await startAmsGateway(t);
    const browser = await startChromium(t);
    const page = await browser.newPage();
    await page.goto(`${ams.http}/stat?lang=en`);
    await page.locator('#state', { hasText: 'Running for' }).waitFor();
    await page.route('**/stat/sys', (route) => route.abort());
    await page.waitForSelector('#state.lost');
    await page.unroute('**/stat/sys');
    await page.waitForSelector('#state:not(.lost)');
  });
});
