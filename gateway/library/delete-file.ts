import { realpath, rm, stat } from 'node:fs/promises';
import { extname, isAbsolute, sep } from 'node:path';
import { mediaType } from './media/media-types.ts';

/** A file that may not, or cannot, be deleted. */
export class DeleteError extends Error {
  override readonly name = 'DeleteError';
  readonly code: 'bad_parameter' | 'not_found' | 'forbidden';

  constructor(code: DeleteError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/**
 * Deletes a media file, and the picture that was made of it. What counts is where the file really
 * is, behind every symbolic link: it must lie inside one of the folders. Who plays it at the moment
 * plays on.
 *
 * @param inUse whether a file is still being written
 * @throws DeleteError
 */
export async function deleteMediaFile(
  path: string,
  folders: readonly string[],
  inUse: (path: string) => boolean,
): Promise<void> {
  const shown = JSON.stringify(path.slice(0, 200));
  if (!isAbsolute(path) || path.includes('\0')) {
    throw new DeleteError('bad_parameter', `The file must be an absolute path, got ${shown}.`);
  }
  const real = await realpath(path).catch((error: unknown) => {
    throw new DeleteError('not_found', `There is no file ${shown}.`, error);
  });
  const roots = await Promise.all(folders.map((folder) => realpath(folder).catch(() => undefined)));
  const inside = roots.some(
    (root) => root !== undefined && real.startsWith(root.endsWith(sep) ? root : root + sep),
  );
  if (!inside) {
    throw new DeleteError('forbidden', `${shown} is not inside record_path or upload_path.`);
  }
  if (mediaType(real) === undefined || !(await stat(real)).isFile()) {
    throw new DeleteError('forbidden', `${shown} is no media file.`);
  }
  if (inUse(real) || inUse(path)) {
    throw new DeleteError('forbidden', `${shown} is still being written.`);
  }
  await rm(real);
  await rm(`${real.slice(0, real.length - extname(real).length)}.jpg`, { force: true });
}
