import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { refuseFileName } from '../../sessions/stream-name.ts';
import { FileLister } from './list-files.ts';
import { MediaFile } from './media-file.ts';
import { mediaType } from './media-types.ts';
import { MovieCache } from './movie-cache.ts';

/** The programme that ships with the gateway, and the name that it plays under. */
const SAMPLE = fileURLToPath(new URL('../sample/1.mp4', import.meta.url));
const SAMPLE_NAME = '1.mp4';

/** Extensions that a name may leave out, in the order in which they are tried. */
const IMPLIED = ['.mp4', '.flv'];

/** Finds and opens the files that can be played. */
export class MediaLibrary {
  #folders: () => readonly string[];
  #cache = new MovieCache();
  /** What there is to play. */
  readonly files: FileLister;

  /** `folders` are searched in their order; asked each time. */
  constructor(folders: () => readonly string[]) {
    this.#folders = folders;
    this.files = new FileLister(folders, [SAMPLE]);
  }

  /**
   * Where the file of that name is; undefined when there is none. `implied`: the name may leave out
   * its extension.
   */
  async find(name: string, { implied = false } = {}): Promise<string | undefined> {
    if (refuseFileName(name)) return undefined;
    const names = implied ? [name, ...IMPLIED.map((extension) => name + extension)] : [name];
    for (const candidate of names) {
      if (!mediaType(candidate)) continue;
      for (const folder of this.#folders()) {
        const path = join(folder, candidate);
        if (await isMediaFile(path)) return path;
      }
      if (candidate === SAMPLE_NAME) return SAMPLE;
    }
    return undefined;
  }

  /** Opens what a receiver's `Filename` names: any media file, by its absolute path. */
  async openPath(path: string): Promise<MediaFile | undefined> {
    if (!isAbsolute(path) || !(await isMediaFile(path))) return undefined;
    return this.#open(path);
  }

  async open(name: string, options?: { implied?: boolean }): Promise<MediaFile | undefined> {
    const path = await this.find(name, options);
    return path === undefined ? undefined : this.#open(path);
  }

  /** Opens a file of which it is known that it is media; undefined when it is gone. */
  async #open(path: string): Promise<MediaFile | undefined> {
    try {
      return await MediaFile.open(path, this.#cache);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR') return undefined;
      throw error;
    }
  }
}

/** Whether a plain file with a media file's name is there, behind symbolic links too. */
async function isMediaFile(path: string): Promise<boolean> {
  try {
    const real = await realpath(path);
    return mediaType(real) !== undefined && (await stat(real)).isFile();
  } catch {
    return false;
  }
}
