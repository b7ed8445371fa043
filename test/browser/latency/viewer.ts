import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { PATTERN, PATTERN_BITS } from './frame-pattern.ts';
import type { ShownFrame } from './figures.ts';
import { wallClock } from './numbered-publisher.ts';

/** A page that shows a stream, and what its probe has noted. */
export interface Viewer {
  readonly page: Page;
  /** Everything noted so far, times by this process's clock. */
  read(): Promise<ViewerNotes>;
  close(): Promise<void>;
}

export interface ViewerNotes {
  readonly shown: readonly ShownFrame[];
  readonly heard: readonly number[];
  readonly startedAt: number;
  readonly transport: string | undefined;
  readonly state: string | undefined;
  /** Delay that the player itself has measured, ms. */
  readonly measured: number | undefined;
  readonly statistics: unknown;
  /** Errors that the page wrote to its console. */
  readonly errors: readonly string[];
}

const probePath = new URL('../pages/latency-probe.ts', import.meta.url);

export interface ViewerOptions {
  /** Whether the probe listens to the sound, which costs a video element some of its delay. */
  readonly sound?: boolean;
  /** Called with the page before it goes anywhere. */
  readonly prepare?: (page: Page) => Promise<void>;
}

/** Opens `url` in a tab of its own with the probe inside. */
export async function openViewer(
  browser: Browser,
  url: string,
  { sound = false, prepare }: ViewerOptions = {},
): Promise<Viewer> {
  // The probe's detectors come from blobs, which the pages' own policy forbids.
  const context = await browser.newContext({
    bypassCSP: true,
    viewport: { width: 960, height: 540 },
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  const probe = stripTypeScriptTypes(await readFile(probePath, 'utf8'));
  const pattern = JSON.stringify({ ...PATTERN, bits: PATTERN_BITS, sound });
  await page.addInitScript(`globalThis.latencyPattern = ${pattern};\n(() => {${probe}})();`);
  await prepare?.(page);
  await page.goto(url, { waitUntil: 'commit' });

  return {
    page,
    async read() {
      const notes = await page.evaluate<Omit<ViewerNotes, 'errors'>>(READ);
      const offset = await clockOffset(page);
      return {
        ...notes,
        shown: notes.shown.map(({ number, at }) => ({ number, at: at + offset })),
        heard: notes.heard.map((at) => at + offset),
        startedAt: notes.startedAt + offset,
        errors,
      };
    },
    close: () => context.close(),
  };
}

const READ = `(() => {
  const player = document.querySelector('ams-player');
  return {
    ...globalThis.latencyProbe,
    transport: player?.currentTransport,
    state: player?.state,
    measured: player?.delay === undefined ? undefined : player.delay * 1000,
    statistics: player?.statistics,
  };
})()`;

/** What must be added to the page's clock to have ours: that of the quickest of a few questions. */
async function clockOffset(page: Page): Promise<number> {
  let best = { roundTrip: Infinity, offset: 0 };
  for (let i = 0; i < 8; i += 1) {
    const asked = wallClock();
    const theirs = await page.evaluate<number>('performance.timeOrigin + performance.now()');
    const answered = wallClock();
    const roundTrip = answered - asked;
    if (roundTrip < best.roundTrip) best = { roundTrip, offset: (asked + answered) / 2 - theirs };
  }
  return best.offset;
}
