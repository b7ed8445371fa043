import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Scope } from '../../helpers/scope.ts';

/**
 * What a user would have without this gateway: mpegts.js at its lowest-delay settings, playing
 * `url`, a WebSocket-FLV address. Answers the page's address.
 */
export async function serveTodaysPage(scope: Scope, url: string): Promise<string> {
  const script = await readFile(createRequire(import.meta.url).resolve('mpegts.js'), 'utf8');
  const server = createServer((request, response) => {
    const isScript = request.url === '/mpegts.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : pageFor(url));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function pageFor(url: string): string {
  return `<!doctype html><video autoplay playsinline muted></video>
<script src="mpegts.js"></script><script>
const player = mpegts.createPlayer(
  { type: 'flv', isLive: true, url: ${JSON.stringify(url)} },
  { enableStashBuffer: false, liveSync: true, liveSyncMaxLatency: 0.6, liveSyncTargetLatency: 0.3,
    liveSyncPlaybackRate: 1.2 });
player.attachMediaElement(document.querySelector('video'));
player.load();
player.play();
</script>`;
}
