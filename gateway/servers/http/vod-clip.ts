import { inSlices } from '../../ops/in-slices.ts';
import { clip } from '../../protocols/mp4/clip.ts';
import type { Mp4Error } from '../../protocols/mp4/errors.ts';
import type { ProgressiveFile } from '../../protocols/mp4/progressive-writer.ts';
import type { Argument } from '../../sessions/session.ts';
import type { VodFile } from '../vod-files.ts';

/** The part of a file that an address asks for, seconds; no `end`: to the file's end. */
export interface ClipTimes {
  readonly start: number;
  readonly end: number | undefined;
}

/**
 * The part that `?start=20&end=40` asks for; undefined when the whole file is meant; a sentence when
 * a value makes no sense.
 */
export function readClipTimes(args: readonly Argument[]): ClipTimes | undefined | string {
  const times: { start?: number; end?: number } = {};
  for (const [name, text] of args) {
    if ((name !== 'start' && name !== 'end') || text === '') continue;
    if (times[name] !== undefined) return `"${name}" is given more than once.`;
    if (!/^\d{1,9}(\.\d{0,9})?$/.test(text)) {
      const got = JSON.stringify(text.slice(0, 40));
      return `"${name}" must be a number of seconds from the begin of the file, got ${got}.`;
    }
    times[name] = Number(text);
  }
  const { start = 0, end } = times;
  if (end !== undefined && end <= start) {
    return `"end" (${end} s) must be greater than "start" (${start} s).`;
  }
  return start === 0 && end === undefined ? undefined : { start, end };
}

/** What the clips kept may take, bytes, and how many there may be. */
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_CLIPS = 64;

/** The newest clips, so that a player's many requests for parts of one share it. */
export class ClipCache {
  #clips = new Map<string, ProgressiveFile>();
  #bytes = 0;

  /** @throws Mp4Error when the file cannot be cut, or nothing lies in that part */
  async get(file: VodFile, { start, end }: ClipTimes): Promise<ProgressiveFile> {
    const key = `${file.tag} ${start} ${end}`;
    const known = this.#clips.get(key);
    if (known) return known;
    const movie = await file.movie();
    const made = await inSlices(clip(movie, start * 1e6, end === undefined ? Infinity : end * 1e6));
    if (!this.#clips.has(key)) {
      this.#clips.set(key, made);
      this.#bytes += sizeOf(made);
    }
    for (const [oldest, old] of this.#clips) {
      if (this.#bytes <= MAX_BYTES && this.#clips.size <= MAX_CLIPS) break;
      this.#clips.delete(oldest);
      this.#bytes -= sizeOf(old);
    }
    return made;
  }
}

function sizeOf({ head, ranges }: ProgressiveFile): number {
  return head.length + ranges.starts.length * 16;
}

/** The HTTP status of what is wrong with a clip: the request's fault, or the file's. */
export function clipStatus({ code }: Mp4Error): number {
  return code === 'MP4_EMPTY' ? 416 : 422;
}
