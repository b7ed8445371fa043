import { open, type FileHandle } from 'node:fs/promises';
import type { Movie } from '../../protocols/mp4/movie.ts';
import { readMovieFile } from './movie-file.ts';
import type { MovieCache } from './movie-cache.ts';
import { readAt } from './read-at.ts';

/** Places in a file, read in one go where they lie near each other. */
export interface Place {
  readonly offset: number;
  readonly size: number;
}

/** Places this near to each other are read in one go, bytes. */
const NEAR = 16 * 1024;
/** What is read in one go at most, bytes. */
const MAX_READ = 1024 * 1024;

/** A media file that somebody plays: open, so that it can be read on when it is deleted. */
export class MediaFile {
  readonly path: string;
  readonly size: number;
  /** ms since 1970 */
  readonly modified: number;
  /** Of this content: another one has another. */
  readonly tag: string;
  #file: FileHandle;
  #cache: MovieCache;
  #closed = false;

  private constructor(
    path: string,
    file: FileHandle,
    facts: { size: number; modified: number; tag: string },
    cache: MovieCache,
  ) {
    this.path = path;
    this.#file = file;
    this.size = facts.size;
    this.modified = facts.modified;
    this.tag = facts.tag;
    this.#cache = cache;
  }

  /** @throws the system's error; also for what is no plain file */
  static async open(path: string, cache: MovieCache): Promise<MediaFile> {
    const file = await open(path, 'r');
    try {
      const facts = await file.stat();
      if (!facts.isFile())
        throw Object.assign(new Error(`${path} is no file.`), { code: 'EISDIR' });
      const { size, mtimeMs, ino } = facts;
      const tag = `${ino.toString(36)}-${size.toString(36)}-${Math.round(mtimeMs).toString(36)}`;
      return new MediaFile(path, file, { size, modified: mtimeMs, tag }, cache);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The file's tables, read once for all who play it. @throws Mp4Error */
  movie(): Promise<Movie> {
    return this.#cache.get(this.tag, () => readMovieFile(this.#file, this.size));
  }

  /** So many bytes from `at` on, fewer where the file ends. */
  read(at: number, length: number): Promise<Buffer> {
    return readAt(this.#file, at, length);
  }

  /** Fills `into` with what lies at `at`; answers how many bytes that are, 0 at the file's end. */
  async readInto(into: Buffer, at: number): Promise<number> {
    return (await this.#file.read(into, 0, into.length, at)).bytesRead;
  }

  /** What lies at these places; they should ascend. Throws when the file ends before. */
  async readPlaces(places: readonly Place[]): Promise<Buffer[]> {
    const found: Buffer[] = [];
    for (let from = 0; from < places.length;) {
      const start = places[from]!.offset;
      let end = start + places[from]!.size;
      let to = from + 1;
      for (; to < places.length; to++) {
        const { offset, size } = places[to]!;
        if (offset < start || offset > end + NEAR || offset + size - start > MAX_READ) break;
        end = Math.max(end, offset + size);
      }
      const bytes = await this.read(start, end - start);
      if (bytes.length < end - start)
        throw new Error(`${this.path} ends at ${start + bytes.length}.`);
      for (; from < to; from++) {
        const { offset, size } = places[from]!;
        found.push(bytes.subarray(offset - start, offset - start + size));
      }
    }
    return found;
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#file.close();
  }
}
