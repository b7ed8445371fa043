import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Log } from '../../ops/log.ts';
import type { Argument } from '../../sessions/session.ts';
import { transferErrors, type TransferError } from '../transfer-error.ts';
import type { Job, TransferReport } from './job.ts';
import type { JobStore } from './job-store.ts';

export interface JobQueueOptions {
  readonly store: JobStore;
  readonly log: Log;
  /** Processes a file, or only describes it where processing is switched off. */
  readonly process: (
    job: Job,
    signal: AbortSignal,
    onProgress: (progress: number) => void,
  ) => Promise<TransferReport>;
  /** Tells of a finished job; whether the receiver heard it, after all its tries. */
  readonly tell: (job: Job, report: TransferReport, signal: AbortSignal) => Promise<boolean>;
  /** Jobs processed at the same time. */
  readonly parallel?: number;
}

/** What `stat` shows of the jobs. */
export interface JobStatus {
  readonly kind: Job['kind'];
  readonly name: string;
  readonly file: string;
  readonly step: Job['step'] | 'processing';
  /** 0 to 1 */
  readonly progress: number;
}

/**
 * Works off the files that have come: processes one after the other beside live traffic, then tells
 * of each. Every step is on disk before it begins, so that a restart goes on where this run ended.
 */
export class JobQueue {
  #options: Required<JobQueueOptions>;
  #jobs = new Map<string, Job>();
  /** Ids, in the order in which they are processed. */
  #waiting: string[] = [];
  #processing = new Map<string, number>();
  #work = new Set<Promise<void>>();
  #over = new AbortController();
  #idle: (() => void)[] = [];

  constructor(options: JobQueueOptions) {
    this.#options = { parallel: 1, ...options };
  }

  /** Takes up what an earlier run left, recordings that broke off with it included. */
  async recover(): Promise<void> {
    for (const job of await this.#options.store.load()) {
      if (job.step === 'writing' && !(await hasContent(job.source))) {
        this.#options.store.remove(job.id);
        continue;
      }
      this.#jobs.set(job.id, job);
      if (job.step === 'writing') {
        const what = job.kind === 'recording' ? 'a recording' : 'an upload';
        this.#options.log.info({ path: job.source }, `recovering ${what} that broke off`);
        this.#move(job, { step: 'waiting' });
      }
      if (job.step === 'writing' || job.step === 'waiting') this.#waiting.push(job.id);
      else this.#tell(job);
    }
    this.#pump();
  }

  /** Notes a file that is being written; answers the job's id. */
  begin(kind: Job['kind'], name: string, source: string, args: readonly Argument[] = []): string {
    const id = randomUUID();
    const job: Job = { id, kind, name, source, args, step: 'writing', error: 0 };
    this.#jobs.set(id, job);
    this.#options.store.save(job);
    return id;
  }

  /** The file is written: it gets into line. */
  written(id: string, error: TransferError = transferErrors.none): void {
    const job = this.#jobs.get(id);
    if (!job || job.step !== 'writing') return;
    this.#move(job, { step: 'waiting', error });
    this.#waiting.push(id);
    this.#pump();
  }

  /** Nothing came of the file. */
  forget(id: string): void {
    this.#jobs.delete(id);
    this.#options.store.remove(id);
  }

  /** Tells at once of what has no file to process. */
  report(kind: Job['kind'], name: string, report: TransferReport): void {
    const id = this.begin(kind, name, report.path ?? '');
    this.#tell(this.#move(this.#jobs.get(id)!, { step: 'telling', report }));
  }

  /** Tries once more to tell of what could not be told. */
  tellKept(): void {
    for (const job of [...this.#jobs.values()]) if (job.step === 'kept') this.#tell(job);
  }

  /** Whether a file is being written or processed. */
  isBusy(path: string): boolean {
    return [...this.#jobs.values()].some(
      ({ id, source, step }) => source === path && (step === 'writing' || this.#processing.has(id)),
    );
  }

  /** What is still to come of a file: it is being written, or in line to be made into an MP4. */
  pending(path: string): 'writing' | 'processing' | undefined {
    for (const { source, step } of this.#jobs.values()) {
      if (source !== path) continue;
      if (step === 'writing') return 'writing';
      if (step === 'waiting') return 'processing';
    }
    return undefined;
  }

  get status(): JobStatus[] {
    return [...this.#jobs.values()].map(({ id, kind, name, source, step, report }) => {
      const progress = this.#processing.get(id);
      return {
        kind,
        name,
        file: report?.path ?? source,
        step: progress === undefined ? step : 'processing',
        progress: progress ?? (step === 'writing' || step === 'waiting' ? 0 : 1),
      };
    });
  }

  /** Resolves when nothing is being processed or told, nor waits for it. */
  idle(): Promise<void> {
    if (this.#work.size === 0 && this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Gives up what is at work: the next start takes it up again. */
  async close(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#work);
    await this.#options.store.flush();
  }

  #pump(): void {
    while (this.#processing.size < this.#options.parallel && !this.#over.signal.aborted) {
      const job = this.#jobs.get(this.#waiting.shift() ?? '');
      if (!job) break;
      this.#processing.set(job.id, 0);
      this.#do(this.#process(job));
    }
    if (this.#work.size > 0 || this.#waiting.length > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #process(job: Job): Promise<void> {
    const { process, log } = this.#options;
    const { signal } = this.#over;
    try {
      const report = await process(job, signal, (progress) => {
        this.#processing.set(job.id, progress);
      });
      this.#processing.delete(job.id);
      this.#tell(this.#move(job, { step: 'telling', report }));
    } catch (error) {
      // Given up: it is done again after the next start.
      this.#processing.delete(job.id);
      if (!signal.aborted) log.error({ err: error, path: job.source }, 'processing failed');
    }
  }

  #tell(job: Job): void {
    const { report } = job;
    if (!report) return this.forget(job.id);
    this.#do(
      this.#options.tell(job, report, this.#over.signal).then((heard) => {
        if (heard) return this.forget(job.id);
        // Given up because the gateway ends: it is still to be told.
        this.#move(job, { step: 'kept' });
      }),
    );
  }

  #move(job: Job, change: Partial<Job>): Job {
    const moved = { ...job, ...change };
    this.#jobs.set(job.id, moved);
    this.#options.store.save(moved);
    return moved;
  }

  #do(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'a job failed'))
      .then(() => {
        this.#work.delete(tracked);
        this.#pump();
      });
    this.#work.add(tracked);
  }
}

async function hasContent(path: string): Promise<boolean> {
  try {
    return (await stat(path)).size > 0;
  } catch {
    return false;
  }
}
