import { fileURLToPath } from 'node:url';
import { start } from './processes.ts';
import type { Scope } from './scope.ts';
import { tempDir } from './temp-dir.ts';

const main = fileURLToPath(new URL('../../gateway/main.ts', import.meta.url));

/**
 * A new home for the `ams` command. A server that runs there is ended with the test, before its home
 * goes, by which it is found: a test's hooks run in the order in which they were registered.
 */
export async function amsHome(t: Scope): Promise<string> {
  let home = '';
  t.after(async () => {
    await start(t, process.execPath, [main, 'if_stop', '--home', home]).exit();
  });
  home = await tempDir(t);
  return home;
}
