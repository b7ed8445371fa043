import { accessSync, constants, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ConfigError } from './errors.ts';
import { defaultMediaFolder } from './ams-keys.ts';

/** Where the gateway keeps its things; absolute, and never one inside the other's files. */
export interface Folders {
  /** Configuration, PID, logs, kept callbacks. */
  readonly state: string;
  /** Recordings, uploads, what VOD serves. */
  readonly media: string;
}

/** Where state lives unless `--home` says otherwise. */
const defaultStateFolder = '/var/lib/ams';

/** Home where the system's own folders may not be written. */
const fallbackHome = 'ams-data';

/**
 * The folders to use. With `home`: state in `home`, media in `home/media`. Without: the system's
 * (`/var/lib/ams`, `/var/ams`) when both can be written, otherwise `./ams-data`. Creates nothing.
 */
export function chooseFolders(
  home: string | undefined,
  system: Folders = { state: defaultStateFolder, media: defaultMediaFolder },
): Folders {
  if (home === undefined && canWrite(system.state) && canWrite(system.media)) return system;
  const state = resolve(home ?? fallbackHome);
  return { state, media: join(state, 'media') };
}

/** Makes the folders that are missing. */
export function createFolders(folders: Folders): void {
  for (const folder of [folders.state, folders.media]) {
    try {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK | constants.X_OK);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ConfigError(
        'config_bad_folder',
        `The folder ${folder} cannot be used: ${why}. Give another place with --home DIR.`,
        undefined,
        error,
      );
    }
  }
}

/** Whether the folder, or the nearest one above it that exists, can be written. */
function canWrite(folder: string): boolean {
  for (let path = folder; ; path = dirname(path)) {
    try {
      accessSync(path, constants.W_OK | constants.X_OK);
      return true;
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!missing || path === dirname(path)) return false;
    }
  }
}
