import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

/**
 * What a user would have without this gateway: node-media-server's WebSocket-FLV in mpegts.js at its
 * lowest-delay settings. The page is made here; its script comes from the package.
 */
export async function serveTodaysPage(page: Page, origin: string, name: string): Promise<string> {
  const script = await readFile(createRequire(import.meta.url).resolve('mpegts.js'), 'utf8');
  await page.route(`${origin}/today/mpegts.js`, (route) =>
    route.fulfill({ contentType: 'text/javascript', body: script }),
  );
  await page.route(`${origin}/today/`, (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<!doctype html><video autoplay playsinline muted></video>
<script src="mpegts.js"></script><script>
const player = mpegts.createPlayer(
  { type: 'flv', isLive: true, url: ${JSON.stringify(`${origin.replace('http', 'ws')}/live/${name}.flv`)} },
  { enableStashBuffer: false, liveSync: true, liveSyncMaxLatency: 0.6, liveSyncTargetLatency: 0.3,
    liveSyncPlaybackRate: 1.2 });
player.attachMediaElement(document.querySelector('video'));
player.load();
player.play();
</script>`,
    }),
  );
  return `${origin}/today/`;
}
