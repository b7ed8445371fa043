import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { chromiumPath, startChromium } from '../helpers/chromium.ts';
import { openScope } from '../helpers/scope.ts';
import { publishNumbered } from './latency/numbered-publisher.ts';
import {
  openPage,
  playerIs,
  startPlayerFixture,
  type PlayerFixture,
} from './player/player-fixture.ts';

/** Each width with each language and each theme, and each of these with each other. */
const FORMS = [
  [1440, 'en', 'light'],
  [1440, 'zh', 'dark'],
  [360, 'zh', 'light'],
  [360, 'en', 'dark'],
] as const;

/** Each page, and what is there when it is drawn. */
const PAGES: readonly (readonly [path: string, drawn: string])[] = [
  ['/', '.program'],
  ['/#lesson', '.streams a[aria-current]'],
  ['/player/nobody', 'ams-player'],
  ['/player/lesson', 'ams-player'],
  ['/publish/lesson', '.share .link'],
  ['/publish/%20', '.notice'],
  ['/stat', 'td.name'],
  ['/nothing/here', '.message'],
];

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

describe(
  'every page, for everybody',
  { skip: chromiumPath() === undefined && 'no Chromium' },
  () => {
    const scope = openScope();
    let fixture: PlayerFixture;
    let browser: Browser;
    let axe: string;

    before(async () => {
      axe = await readFile(axePath, 'utf8');
      fixture = await startPlayerFixture(scope);
      await publishNumbered(scope, `${fixture.gateway.rtmp}/lesson`, fixture.media);
      browser = await startChromium(scope, {
        args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
      });
    });
    after(() => scope.close());

    for (const [path, drawn] of PAGES) {
      it(`${path}: axe finds nothing serious; it fits; no errors`, async () => {
        for (const [width, language, colorScheme] of FORMS) {
          const what = `${width} ${language} ${colorScheme}`;
          const locale = language === 'zh' ? 'zh-CN' : 'en-GB';
          const viewport = { width, height: 800 };
          const { page, errors } = await openPage(browser, fixture.gateway.http + path, {
            viewport,
            colorScheme,
            locale,
          });
          await page.locator(drawn).first().waitFor();
          if (path === '/player/lesson') await playerIs(page, 'playing');
          await page.evaluate(axe);
          const { violations } = await page.evaluate<{ violations: Violation[] }>(
            `axe.run({ resultTypes: ['violations'] })`,
          );
          const serious = violations
            .filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .map(({ id, nodes }) => [id, nodes.map((one) => [one.html, one.failureSummary])]);
          assert.deepEqual(serious, [], what);
          assert.deepEqual(errors, [], what);
          const surplus = 'document.documentElement.scrollWidth - innerWidth';
          assert.equal(await page.evaluate(surplus), 0, what);
          await page.context().close();
        }
      });
    }
  },
);
