import type { FileHandle } from 'node:fs/promises';
import { MAX_BOX_HEADER, readBoxHeader } from '../../protocols/mp4/box-reader.ts';
import { Mp4Error } from '../../protocols/mp4/errors.ts';
import { readAt } from './read-at.ts';

/** A part of a file, bytes. */
export interface Extent {
  readonly start: number;
  /** Behind the last byte. */
  readonly end: number;
}

/** Most boxes side by side that are looked at. */
const MAX_BOXES = 10_000;

/**
 * Where the content of the first box of that type lies, among the boxes that this part of a file
 * consists of; undefined when there is none. Only headers are read.
 * @throws Mp4Error when a box contradicts the format, or goes on behind the end
 */
export async function locateBox(
  file: FileHandle,
  { start, end }: Extent,
  type: string,
): Promise<Extent | undefined> {
  let at = start;
  for (let count = 0; count < MAX_BOXES && at < end; count++) {
    const header = readBoxHeader(await readAt(file, at, Math.min(MAX_BOX_HEADER, end - at)));
    if (!header) break;
    const length = header.size || end - at;
    if (at + length > end) {
      const name = JSON.stringify(header.type);
      throw new Mp4Error(
        'MP4_TRUNCATED',
        `The box ${name} ends at byte ${at + length}; what holds it ends at ${end}.`,
      );
    }
    if (header.type === type) return { start: at + header.headerSize, end: at + length };
    at += length;
  }
  return undefined;
}
