import { statfs } from 'node:fs/promises';

/** Bytes that may still be written in a folder; rejects with the system's error. */
export async function freeSpace(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
