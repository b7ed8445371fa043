import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecordingName } from './recording/recording-name.ts';

const DAY = 86_400_000;

/**
 * Deletes recordings that have not been written to for so many days: files with a recording's name
 * straight in the folder, nothing else. Answers what was deleted.
 *
 * @param inUse whether a file may not be deleted yet
 * @param now wall clock, ms since 1970
 */
export async function deleteOldRecordings(
  folder: string,
  days: number,
  inUse: (path: string) => boolean,
  now: number,
): Promise<string[]> {
  const deleted: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (!entry.isFile() || !isRecordingName(entry.name) || inUse(path)) continue;
    try {
      if (now - (await stat(path)).mtimeMs < days * DAY) continue;
      await rm(path);
      deleted.push(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return deleted;
}
