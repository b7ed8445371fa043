import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { chromiumPath, startChromium } from '../helpers/chromium.ts';
import { openScope } from '../helpers/scope.ts';
import { publishNumbered } from './latency/numbered-publisher.ts';
import {
  openPage,
  playerIs,
  startPlayerFixture,
  type OpenPage,
  type PlayerFixture,
} from './player/player-fixture.ts';

/** Each page is looked at in both: in each language, each theme and each width. */
const FORMS = [
  { width: 1440, locale: 'en-GB', colorScheme: 'light' },
  { width: 360, locale: 'zh-CN', colorScheme: 'dark' },
] as const;

/** Each page, and what is there when it is drawn. */
const PAGES: readonly (readonly [path: string, drawn: string])[] = [
  ['/', '.streams a[aria-current]'],
  ['/player/nobody', 'ams-player'],
  ['/player/lesson', 'ams-player'],
  ['/publish/lesson', '.share .link'],
  ['/publish/%20', '.message'],
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
    let pages: OpenPage[];

    before(async () => {
      const axe = await readFile(axePath, 'utf8');
      fixture = await startPlayerFixture(scope);
      await publishNumbered(scope, `${fixture.gateway.rtmp}/lesson`, fixture.media);
      const browser = await startChromium(scope, {
        args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
      });
      pages = await Promise.all(
        FORMS.map(async ({ width, ...form }) => {
          const opened = await openPage(browser, 'about:blank', {
            viewport: { width, height: 800 },
            ...form,
          });
          await opened.page.addInitScript(axe);
          return opened;
        }),
      );
    });
    after(() => scope.close());

    for (const [path, drawn] of PAGES) {
      it(`${path}: axe finds nothing serious; it fits; no errors`, async () => {
        await Promise.all(pages.map((opened) => look(opened, path, drawn)));
      });
    }

    async function look({ page, errors }: OpenPage, path: string, drawn: string): Promise<void> {
      await page.goto(fixture.gateway.http + path);
      await page.locator(drawn).first().waitFor();
      if (path === '/player/lesson') await playerIs(page, 'playing');
      const { violations } = await page.evaluate<{ violations: Violation[] }>(
        `axe.run({ resultTypes: ['violations'] })`,
      );
      const serious = violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => [id, nodes.map((one) => [one.html, one.failureSummary])]);
      const what = `${await page.evaluate<string>('document.documentElement.lang')}, ${page.viewportSize()?.width}`;
      assert.deepEqual(serious, [], what);
      assert.deepEqual(errors, [], what);
      const surplus = 'document.documentElement.scrollWidth - innerWidth';
      assert.equal(await page.evaluate(surplus), 0, what);
    }
  },
);
