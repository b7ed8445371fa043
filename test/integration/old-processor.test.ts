import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { start } from '../helpers/processes.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const main = fileURLToPath(new URL('../../gateway/main.ts', import.meta.url));
const ports = ['rtmp', 'http', 'webrtc'].flatMap((name) => [
  `--${name}_port=0`,
  `--${name}_bind=127.0.0.1`,
]);
const skip = process.arch === 'x64' ? false : 'the flags are for x86';

test('the gateway starts on a processor without SSE4.1', { skip }, async (t) => {
  const flags = ['--no-enable-sse4-1', '--no-enable-avx'];
  const home = await tempDir(t);
  const child = start(t, process.execPath, [...flags, main, 'run', '--home', home, ...ports]);
  await child.match(/rtmp:\/\//i);
});
