import { open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { refuseFileName } from '../../sessions/stream-name.ts';
import { fileDuration } from './file-duration.ts';
import { mediaType } from './media-types.ts';

/** A media file that a folder of the library holds. */
export interface ListedFile {
  readonly name: string;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** ms since 1970 */
  readonly modified: number;
  readonly hasPoster: boolean;
}

/** Files that are looked at side by side. */
const PARALLEL = 8;
/** Durations that are remembered. */
const MAX_DURATIONS = 10_000;
/** Largest picture that is served, bytes. */
const MAX_POSTER = 4 * 1024 * 1024;

/** Lists what can be played by name. */
export class FileLister {
  #folders: () => readonly string[];
  #builtIn: readonly string[];
  #durations = new Map<string, number | undefined>();
  #listing: Promise<ListedFile[]> | undefined;

  /**
   * `folders` are searched in their order; asked each time. `builtIn`: files that play where no
   * folder has one of their name.
   */
  constructor(folders: () => readonly string[], builtIn: readonly string[] = []) {
    this.#folders = folders;
    this.#builtIn = builtIn;
  }

  /** All files, newest first; who asks while it is looked gets the same answer. */
  list(): Promise<ListedFile[]> {
    this.#listing ??= this.#list().finally(() => (this.#listing = undefined));
    return this.#listing;
  }

  /** How long a file plays, s, by what it says; undefined when it does not, or is none of ours. */
  async duration({ path, size, modified }: ListedFile): Promise<number | undefined> {
    const key = `${path} ${size} ${modified}`;
    if (this.#durations.has(key)) return this.#durations.get(key);
    const duration = await readDuration(path, size);
    if (this.#durations.size >= MAX_DURATIONS) this.#durations.clear();
    this.#durations.set(key, duration);
    return duration;
  }

  /** The picture (JPEG) of the file of that name; undefined when there is none. */
  async poster(name: string): Promise<Buffer | undefined> {
    if (refuseFileName(name) || !mediaType(name)) return undefined;
    for (const path of [...this.#folders().map((folder) => join(folder, name)), ...this.#builtIn]) {
      if (basename(path) !== name || !(await describe(path, new Set()))) continue;
      return readPoster(posterOf(path));
    }
    return undefined;
  }

  async #list(): Promise<ListedFile[]> {
    const found = new Map<string, ListedFile>();
    for (const folder of new Set(this.#folders())) {
      const names = await readdir(folder).catch(() => []);
      const all = new Set(names);
      const listed = await mapSome(names, async (name) =>
        refuseFileName(name) === undefined && mediaType(name) !== undefined && !found.has(name)
          ? describe(join(folder, name), all)
          : undefined,
      );
      for (const file of listed) if (file) found.set(file.name, file);
    }
    for (const path of this.#builtIn) {
      if (found.has(basename(path))) continue;
      const file = await describe(path, new Set([basename(posterOf(path))]));
      if (file) found.set(file.name, file);
    }
    return [...found.values()].sort(
      (a, b) => b.modified - a.modified || (a.name < b.name ? -1 : 1),
    );
  }
}

/** Calls back for each item, a few at a time; answers in their order. */
export async function mapSome<T, R>(
  items: readonly T[],
  act: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await act(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return results;
}

/** What there is to say of a file; undefined when it is no plain media file, behind links too. */
async function describe(
  path: string,
  beside: ReadonlySet<string>,
): Promise<ListedFile | undefined> {
  try {
    const real = await realpath(path);
    if (mediaType(real) === undefined) return undefined;
    const facts = await stat(real);
    if (!facts.isFile()) return undefined;
    const hasPoster = beside.has(basename(posterOf(path)));
    const { size, mtimeMs } = facts;
    return { name: basename(path), path, size, modified: Math.round(mtimeMs), hasPoster };
  } catch {
    return undefined;
  }
}

/** The picture that processing takes of a file lies beside it. */
const posterOf = (path: string): string =>
  `${path.slice(0, path.length - extname(path).length)}.jpg`;

async function readPoster(path: string): Promise<Buffer | undefined> {
  try {
    const facts = await stat(path);
    if (!facts.isFile() || facts.size > MAX_POSTER) return undefined;
    const bytes = await readFile(path);
    // Whatever its name says: nothing but a JPEG goes out.
    return bytes.readUInt16BE(0) === 0xffd8 ? bytes : undefined;
  } catch {
    return undefined;
  }
}

async function readDuration(path: string, size: number): Promise<number | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      return await fileDuration(file, size);
    } finally {
      await file.close();
    }
  } catch {
    return undefined; // not whole, no MP4, or gone meanwhile
  }
}
