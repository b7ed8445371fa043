import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { chromiumPath, startChromium } from '../../helpers/chromium.ts';
import { openScope } from '../../helpers/scope.ts';
import { publishNumbered } from '../latency/numbered-publisher.ts';
import {
  openPage,
  pictureMoves,
  playerIs,
  startPlayerFixture,
  until,
  type PlayerFixture,
} from './player-fixture.ts';

/**
 * Once `standStill` is set, gives one picture a duration of 49 days, as -120 ms read without a sign
 * are. Chromium shows it for as long, goes on with the sound, and says nothing of it.
 */
const STAND_STILL = `(() => {
  const NEGATIVE = 0xffffff88;
  const addSourceBuffer = MediaSource.prototype.addSourceBuffer;
  MediaSource.prototype.addSourceBuffer = function (type) {
    const buffer = addSourceBuffer.call(this, type);
    if (!type.startsWith('video/')) return buffer;
    buffer.appendBuffer = (data) => {
      // ISO/IEC 14496-12, 8.8.8: type, flags, sample count, data offset, duration of the first.
      const run = new TextDecoder('latin1').decode(data).indexOf('trun');
      if (globalThis.standStill && run > 0) {
        globalThis.standStill = false;
        new DataView(data).setUint32(run + 16, NEGATIVE);
      }
      SourceBuffer.prototype.appendBuffer.call(buffer, data);
    };
    return buffer;
  };
})()`;

describe(
  'a picture that stands while its sound goes on',
  {
    skip: chromiumPath() === undefined && 'no Chromium',
  },
  () => {
    const scope = openScope();
    let fixture: PlayerFixture;
    let browser: Browser;

    before(async () => {
      fixture = await startPlayerFixture(scope);
      browser = await startChromium(scope, { autoplay: true });
    });
    after(() => scope.close());

    it('comes back over a new connection', async () => {
      await publishNumbered(scope, `${fixture.gateway.rtmp}/lesson`, fixture.media);
      const { page } = await openPage(browser, 'about:blank');
      await page.addInitScript(STAND_STILL);
      await page.goto(`${fixture.gateway.http}/player/lesson?transport=mse`);
      await playerIs(page, 'playing');
      await pictureMoves(page);
      await page.evaluate('globalThis.standStill = true');
      await until(page, `document.querySelector('ams-player').state === 'reconnecting'`);
      const said = await page.evaluate<string>(
        `document.querySelector('ams-player').error.message`,
      );
      assert.match(said, /stood still while the sound went on/);
      await playerIs(page, 'playing');
      await pictureMoves(page);
    });
  },
);
