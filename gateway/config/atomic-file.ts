import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces files so that a crash at any moment leaves each of them either old or new, never half:
 * every new content is first written and flushed beside its file, then all are renamed, in order.
 */
export async function replaceFiles(
  files: readonly { readonly path: string; readonly content: string }[],
): Promise<void> {
  const written: string[] = [];
  try {
    for (const { path, content } of files) {
      const temporary = `${path}.new`;
      const handle = await open(temporary, 'w', 0o600);
      written.push(temporary);
      try {
        await handle.writeFile(content);
        await handle.sync();
      } finally {
        await handle.close();
      }
    }
    for (const { path } of files) await rename(`${path}.new`, path);
    for (const folder of new Set(files.map(({ path }) => dirname(path)))) await syncFolder(folder);
  } catch (error) {
    await Promise.all(written.map((path) => rm(path, { force: true })));
    throw error;
  }
}

/** Makes the renames themselves survive a power cut. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
