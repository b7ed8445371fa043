import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from './scope.ts';

/** A new empty folder that is removed at the end of the test. */
export async function tempDir(scope: Scope): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'ams-test-'));
  scope.after(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}
