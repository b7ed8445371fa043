import { link, mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Config } from '../../config/schema.ts';
import type { Log } from '../../ops/log.ts';
import { refuseFileName } from '../../sessions/stream-name.ts';
import type { Argument } from '../../sessions/session.ts';
import { freeSpace } from '../disk-space.ts';
import { exists } from '../exists.ts';
import { UploadError } from './upload-error.ts';

export interface UploadStoreOptions {
  readonly config: () => Config;
  readonly log: Log;
  /** A file is complete. */
  readonly uploaded: (name: string, path: string, args: readonly Argument[]) => void;
  /** Wall clock, ms since 1970. */
  readonly now?: () => number;
}

/** What comes of a file in one request. */
export interface UploadPart {
  readonly name: string;
  /** Where in the file it begins, bytes; 0 begins the file anew. */
  readonly start: number;
  /** Bytes of the whole file, where the sender says so; otherwise this part is all. */
  readonly total: number | undefined;
  /** What it has at least, where the sender says so. */
  readonly length: number | undefined;
  readonly args: readonly Argument[];
}

export interface Received {
  /** Bytes of the file that are here. */
  readonly received: number;
  /** The file is complete, and in its place. */
  readonly done: boolean;
}

/** What the rest of a file that breaks off is called: hidden, so nobody can ask for it. */
const HALF = /^\..+\.upload$/;

/**
 * Takes uploads: under a hidden name while they come, in their place when they are whole. What
 * broke off is kept a while for its sender to go on.
 */
export class UploadStore {
  #options: Required<UploadStoreOptions>;
  #writing = new Set<string>();

  constructor(options: UploadStoreOptions) {
    this.#options = { now: Date.now, ...options };
  }

  /** Bytes received of a file that is not complete; 0 when there are none. @throws UploadError */
  async received(name: string): Promise<number> {
    this.#checkName(name);
    return sizeOf(this.#half(name));
  }

  /**
   * Writes one part of a file as it comes. A part that breaks off counts as far as it came.
   * @throws UploadError
   */
  async write(part: UploadPart, body: AsyncIterable<Buffer>): Promise<Received> {
    const { name, start, total, args } = part;
    this.#checkName(name);
    if (this.#writing.has(name)) {
      throw new UploadError('busy', `${name} is being uploaded by somebody else.`);
    }
    this.#writing.add(name);
    try {
      await this.#checkPlace(part);
      const received = await this.#append(part, body);
      if (total !== undefined && received < total) return { received, done: false };
      const path = await this.#place(name);
      this.#options.log.info({ path, bytes: received }, 'uploaded');
      this.#options.uploaded(name, path, args);
      return { received, done: true };
    } finally {
      this.#writing.delete(name);
      if (start === 0 && total === undefined) await this.#forgetHalf(name);
    }
  }

  /** Deletes what broke off and was not gone on with. */
  async sweep(): Promise<void> {
    const { config, now, log } = this.#options;
    const { upload_path: folder, upload_keep_hours: hours } = config();
    for (const name of await readdir(folder).catch(() => [])) {
      if (!HALF.test(name)) continue;
      const path = join(folder, name);
      try {
        if (now() - (await stat(path)).mtimeMs < hours * 3_600_000) continue;
        await rm(path, { force: true });
        log.info({ path }, 'deleted half an upload');
      } catch (error) {
        log.warn({ err: error, path }, 'cannot delete half an upload');
      }
    }
  }

  #half(name: string): string {
    return join(this.#options.config().upload_path, `.${name}.upload`);
  }

  #checkName(name: string): void {
    const problem = refuseFileName(name);
    if (problem) throw new UploadError('bad_name', problem);
    if (!/.\.[a-z0-9]{1,8}$/i.test(name) || name.toLowerCase().endsWith('.jpg')) {
      const given = JSON.stringify(name);
      throw new UploadError('bad_name', `The name ${given} does not end like a media file.`);
    }
  }

  async #checkPlace({ name, start, total, length }: UploadPart): Promise<void> {
    const { config } = this.#options;
    const { upload_path: folder, upload_max_size: most, disk_free_min: least } = config();
    await mkdir(folder, { recursive: true });
    const mp4 = `${name.slice(0, name.length - extname(name).length)}.mp4`;
    for (const taken of new Set([name, mp4])) {
      if (!(await exists(join(folder, taken)))) continue;
      throw new UploadError('exists', `There is a file ${taken} already.`);
    }
    const announced = total ?? length ?? 0;
    if (announced > most * 1e6) throw tooLarge(name, most);
    if ((await freeSpace(folder)) - (length ?? 0) < least * 1e6) {
      throw new UploadError('disk_full', `The disk has no room for ${name} (disk_free_min).`);
    }
    const here = start === 0 ? 0 : await sizeOf(this.#half(name));
    if (start === here) return;
    const message = `${here} bytes of ${name} are here; a part from byte ${start} on does not follow.`;
    throw new UploadError('mismatch', message, here);
  }

  async #append(
    { name, start, total, length }: UploadPart,
    body: AsyncIterable<Buffer>,
  ): Promise<number> {
    const { upload_max_size: most } = this.#options.config();
    const limit = Math.min(most * 1e6, total ?? Infinity);
    const file = await open(this.#half(name), start === 0 ? 'w' : 'r+', 0o644);
    let at = start;
    try {
      for await (const chunk of body) {
        if (at + chunk.length > limit) {
          throw total !== undefined && total <= most * 1e6
            ? new UploadError('mismatch', `More than ${total} bytes came of ${name}.`, at)
            : tooLarge(name, most);
        }
        await writeAll(file, chunk, at);
        at += chunk.length;
      }
      await file.datasync();
    } catch (error) {
      if (error instanceof UploadError) throw error;
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
        throw new UploadError('disk_full', `The disk is full at byte ${at} of ${name}.`, at, error);
      }
      throw brokenOff(name, at, error);
    } finally {
      await file.close();
    }
    if (length !== undefined && at - start < length) throw brokenOff(name, at);
    return at;
  }

  /** Puts a complete file in its place, over no other. */
  async #place(name: string): Promise<string> {
    const path = join(this.#options.config().upload_path, name);
    try {
      await link(this.#half(name), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw new UploadError('exists', `There is a file ${name} already.`, 0, error);
    }
    await rm(this.#half(name), { force: true });
    return path;
  }

  /** What came without a length cannot be gone on with. */
  async #forgetHalf(name: string): Promise<void> {
    await rm(this.#half(name), { force: true });
  }
}

function tooLarge(name: string, most: number): UploadError {
  return new UploadError('too_large', `${name} is larger than ${most} MB (upload_max_size).`);
}

function brokenOff(name: string, at: number, cause?: unknown): UploadError {
  return new UploadError('broken_off', `The upload of ${name} broke off at byte ${at}.`, at, cause);
}

async function writeAll(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, at + written);
    written += bytesWritten;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
