import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
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
    for (const part of ['physics', 'live', 'rtmp 1', 'h264 640×360', 'High 3.0', 'aac 44.1 kHz']) {
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
