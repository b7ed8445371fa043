import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../../../web-player/dist', import.meta.url));
const BUDGET = 30 * 1024;

/** `player.js` and all that it imports before a transport is chosen, in bytes of gzip. */
function firstLoad(entry: string, seen = new Set<string>()): number {
  if (seen.has(entry)) return 0;
  seen.add(entry);
  const code = readFileSync(entry, 'utf8');
  let bytes = gzipSync(code).length;
  // What is loaded later is `import("…")`; what comes at once is `import…from"…"` or `import"…"`.
  for (const [, path] of code.matchAll(
    /(?:^|[;}\n])(?:import|export)[^;"'()]*["'](\.[^"']+\.js)["']/g,
  )) {
    bytes += firstLoad(join(entry, '..', path ?? ''), seen);
  }
  return bytes;
}

test(
  'the player’s first load stays within 30 kB of gzip',
  { skip: !existsSync(dist) && 'not built' },
  (t) => {
    const bytes = firstLoad(join(dist, 'player.js'));
    t.diagnostic(`${bytes} bytes`);
    assert.ok(bytes > 5000, 'there is a player in it');
    assert.ok(bytes <= BUDGET, `${bytes} bytes; at most ${BUDGET} are allowed`);
  },
);

test(
  'mpegts.js and hls.js are loaded only when used',
  { skip: !existsSync(dist) && 'not built' },
  () => {
    const entry = readFileSync(join(dist, 'player.js'), 'utf8');
    assert.doesNotMatch(entry, /hlsjs|MSEPlayer/i);
    const chunks = readdirSync(join(dist, 'player', 'assets'));
    for (const name of [
      'mse-transport',
      'hls-transport',
      'webcodecs-transport',
      'whep-transport',
    ]) {
      assert.ok(
        chunks.some((chunk) => chunk.startsWith(name)),
        `${name} is a chunk of its own`,
      );
    }
  },
);
