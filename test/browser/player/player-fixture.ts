import type { Browser, Page } from 'playwright-core';
import { startTestGateway, type TestGateway } from '../../helpers/gateway.ts';
import type { OpenScope } from '../../helpers/scope.ts';
import { makeNumberedMedia, type NumberedMedia } from '../latency/numbered-media.ts';
import type { Config } from '../../../gateway/config/schema.ts';

export interface PlayerFixture {
  readonly gateway: TestGateway;
  readonly media: NumberedMedia;
}

/** A gateway of its own and media to publish to it. */
export async function startPlayerFixture(
  scope: OpenScope,
  settings: Partial<Config> = {},
): Promise<PlayerFixture> {
  const ports = { webrtc_port: 0, webrtc_bind: '127.0.0.1' };
  const gateway = await startTestGateway(scope, { ...ports, ...settings });
  return { gateway, media: await makeNumberedMedia(scope, { seconds: 8 }) };
}

export interface OpenPage {
  readonly page: Page;
  /** Exceptions and console errors, but for answers of 404: waiting players get those. */
  readonly errors: string[];
}

/** Opens an address of the gateway in a context of its own. */
export async function openPage(
  browser: Browser,
  url: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/404/.test(message.text())) errors.push(message.text());
  });
  await page.goto(url);
  return { page, errors };
}

/** A page of whatever browser. */
interface Evaluator {
  evaluate<T>(expression: string): Promise<T>;
}

/**
 * Waits until an expression (which may be a promise) is true in the page. The pages' own policy
 * forbids Playwright's way of doing this.
 */
export async function until(page: Evaluator, expression: string, timeout = 12_000): Promise<void> {
  await page.evaluate(`new Promise((resolve, reject) => {
    const end = performance.now() + ${timeout};
    const look = async () => {
      if (await (${expression})) resolve();
      else if (performance.now() > end) reject(new Error(${JSON.stringify(`not true in ${timeout} ms: ${expression}`)}));
      else setTimeout(look, 20);
    };
    look().catch(reject);
  })`);
}

/** Waits until the page's player is in a state, or says in which it stays. */
export async function playerIs(page: Page, state: string): Promise<void> {
  try {
    await until(page, `document.querySelector('ams-player').state === '${state}'`);
  } catch (cause) {
    const says = await page.evaluate<string>(
      `(() => { const p = document.querySelector('ams-player');
        return [p.state, p.currentTransport, p.error?.message].join(', '); })()`,
    );
    throw new Error(`The player is not ${state}: ${says}.`, { cause });
  }
}

/** A property of the page's player. */
export function playerSays<T>(page: Page, property: string): Promise<T> {
  return page.evaluate<T>(`document.querySelector('ams-player').${property}`);
}

/** Resolves when the surface shows another picture than it did. */
export async function pictureMoves(page: Evaluator): Promise<void> {
  const look = `(async () => {
    const picture = await createImageBitmap(document.querySelector('ams-player').surface);
    const canvas = new OffscreenCanvas(64, 36);
    const context = canvas.getContext('2d');
    context.drawImage(picture, 0, 0, 64, 36);
    return [...context.getImageData(0, 0, 64, 36).data].join();
  })()`;
  const first = await page.evaluate<string>(look);
  await until(page, `${look}.then((now) => now !== ${JSON.stringify(first)})`);
}
