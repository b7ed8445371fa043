import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFiles } from '../../config/atomic-file.ts';
import type { Log } from '../../ops/log.ts';
import type { Job } from './job.ts';

/**
 * Jobs on disk, a file each, so that a crash at any moment loses none. Writes of one job go one
 * after the other; a disk that refuses is logged, and the job goes on in memory.
 */
export class JobStore {
  #folder: string;
  #log: Log;
  #writes = new Map<string, Promise<void>>();

  constructor(folder: string, log: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  /** The jobs of an earlier run; makes the folder. */
  async load(): Promise<Job[]> {
    await mkdir(this.#folder, { recursive: true });
    const jobs: Job[] = [];
    for (const name of await readdir(this.#folder)) {
      if (!name.endsWith('.json')) continue;
      const path = join(this.#folder, name);
      const job = parseJob(await readFile(path, 'utf8'));
      if (job && `${job.id}.json` === name) jobs.push(job);
      else this.#log.warn({ path }, 'left out a job that cannot be read');
    }
    return jobs;
  }

  save(job: Job): void {
    this.#then(job.id, () =>
      replaceFiles([{ path: this.#path(job.id), content: JSON.stringify(job) }]),
    );
  }

  remove(id: string): void {
    this.#then(id, () => rm(this.#path(id), { force: true }));
  }

  /** Resolves once everything so far is on disk. */
  async flush(): Promise<void> {
    await Promise.all(this.#writes.values());
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.json`);
  }

  #then(id: string, act: () => Promise<void>): void {
    const write = (this.#writes.get(id) ?? Promise.resolve())
      .then(act)
      .catch((error: unknown) => this.#log.error({ err: error }, 'cannot keep a job on disk'))
      .then(() => {
        if (this.#writes.get(id) === write) this.#writes.delete(id);
      });
    this.#writes.set(id, write);
  }
}

const STEPS: readonly unknown[] = ['writing', 'waiting', 'telling', 'kept'] satisfies Job['step'][];

function parseJob(text: string): Job | undefined {
  try {
    const job = JSON.parse(text) as Partial<Record<keyof Job, unknown>>;
    const fits =
      typeof job.id === 'string' &&
      (job.kind === 'recording' || job.kind === 'upload') &&
      typeof job.name === 'string' &&
      typeof job.source === 'string' &&
      typeof job.error === 'number' &&
      Array.isArray(job.args) &&
      STEPS.includes(job.step);
    return fits ? (job as Job) : undefined;
  } catch {
    return undefined;
  }
}
