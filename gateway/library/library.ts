import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Folders } from '../config/folders.ts';
import type { Config } from '../config/schema.ts';
import type { Hub } from '../live/hub.ts';
import type { Log } from '../ops/log.ts';
import type { SessionRegistry } from '../sessions/registry.ts';
import { catalogue, type Catalogue } from './catalogue.ts';
import { deleteMediaFile } from './delete-file.ts';
import type { Job, TransferReport } from './jobs/job.ts';
import { JobQueue, type JobStatus } from './jobs/job-queue.ts';
import { JobStore } from './jobs/job-store.ts';
import { noFacts } from './jobs/media-facts.ts';
import { processFile, report } from './jobs/process-file.ts';
import { Runner } from './jobs/runner.ts';
import { deleteOldRecordings } from './keep-days.ts';
import { MediaLibrary } from './media/media-library.ts';
import { Recorder } from './recording/recorder.ts';
import type { RecordingEnd } from './recording/recording.ts';
import type { RecordingStatus } from './recording/stream-recorder.ts';
import { UploadStore } from './upload/upload-store.ts';

export interface LibraryOptions {
  readonly config: () => Config;
  readonly folders: Folders;
  readonly hub: Hub;
  readonly registry: SessionRegistry;
  readonly log: Log;
  /** Where the programs are; undefined: not installed. */
  readonly ffmpeg: string | undefined;
  readonly ffprobe: string | undefined;
  /** Tells the receiver of a finished file; whether it heard. */
  readonly tell: (job: Job, report: TransferReport, signal: AbortSignal) => Promise<boolean>;
}

/** How often old recordings are looked for, ms. */
const SWEEP_MS = 3_600_000;

/** The files of the gateway: what is recorded, uploaded and played. */
export interface Library {
  readonly media: MediaLibrary;
  /** What there is to play, for people who choose. */
  readonly catalogue: Catalogue;
  readonly recorder: Recorder;
  readonly jobs: JobQueue;
  readonly uploads: UploadStore;
  /** Starts helper programs beside live traffic; other rooms may use it too. */
  readonly runner: Pick<Runner, 'run'>;
  /** Deletes a media file inside `record_path` or `upload_path`. @throws DeleteError */
  deleteFile(path: string): Promise<void>;
  /** What is being recorded and processed, for `stat`. */
  readonly status: { readonly recordings: RecordingStatus[]; readonly jobs: JobStatus[] };
  /** Ends the recordings, and gives up what is being processed: the next start goes on with it. */
  close(): Promise<void>;
}

/** Makes the media folders, takes up what an earlier run left, and begins to record. */
export async function startLibrary(options: LibraryOptions): Promise<Library> {
  const { config, folders, hub, registry, log, ffmpeg, ffprobe } = options;
  const media = new MediaLibrary(() => [config().record_path, folders.media, config().upload_path]);
  const runner = new Runner();
  const jobs = new JobQueue({
    store: new JobStore(join(folders.state, 'library'), log),
    log,
    tell: options.tell,
    process(job, signal, onProgress) {
      const { enable_rtmp_record_process, enable_http_upload_process } = config();
      const wanted =
        job.kind === 'recording' ? enable_rtmp_record_process : enable_http_upload_process;
      const tools = { ffmpeg, ffprobe, runner, log, signal };
      return wanted
        ? processFile(job, { ...tools, onProgress })
        : report(job.source, job.error, tools);
    },
  });
  await Promise.all(
    [config().record_path, config().upload_path].map((path) => makeFolder(path, log)),
  );

  /** Jobs of the files being written. */
  const writing = new Map<string, string>();
  const recorder = new Recorder({
    hub,
    registry,
    config,
    log,
    begun(stream, path) {
      log.info({ stream: `live/${stream}`, path }, 'recording');
      writing.set(path, jobs.begin('recording', stream, path));
    },
    finished(stream, end) {
      const id = end.path === undefined ? undefined : writing.get(end.path);
      if (end.path !== undefined) writing.delete(end.path);
      void settle(stream, end, id);
    },
  });

  async function settle(stream: string, end: RecordingEnd, id: string | undefined): Promise<void> {
    const { path, hasMedia, failure } = end;
    if (id !== undefined && path !== undefined && hasMedia) {
      log.info({ stream: `live/${stream}`, path }, 'recorded');
      if (config().enable_rtmp_record_process || failure) jobs.written(id, failure?.error);
      else jobs.forget(id);
      return;
    }
    if (id !== undefined) jobs.forget(id);
    if (path !== undefined) await rm(path, { force: true });
    if (!failure) return;
    jobs.report('recording', stream, {
      ...noFacts,
      size: 0,
      path: undefined,
      picture: undefined,
      error: failure.error,
    });
  }

  const uploads = new UploadStore({
    config,
    log,
    uploaded: (name, path, args) => jobs.written(jobs.begin('upload', name, path, args)),
  });

  async function sweep(): Promise<void> {
    await uploads.sweep();
    const { record_keep_days: days, record_path: folder } = config();
    if (days === 0) return;
    const inUse = (path: string): boolean => writing.has(path);
    try {
      const deleted = await deleteOldRecordings(folder, days, inUse, Date.now());
      if (deleted.length === 0) return;
      log.info({ files: deleted }, `deleted ${deleted.length} files older than ${days} days`);
    } catch (error) {
      log.error({ err: error }, `cannot look for old recordings in ${folder}`);
    }
  }

  await jobs.recover();
  const sweeping = setInterval(() => void sweep(), SWEEP_MS);
  sweeping.unref();
  void sweep();

  return {
    media,
    catalogue: catalogue(media.files, jobs),
    recorder,
    jobs,
    uploads,
    runner,
    deleteFile(path) {
      const { record_path, upload_path } = config();
      return deleteMediaFile(path, [record_path, upload_path], (real) => jobs.isBusy(real));
    },
    get status() {
      return { recordings: recorder.status, jobs: jobs.status };
    },
    async close() {
      clearInterval(sweeping);
      await recorder.close();
      await jobs.close();
      await runner.close();
    },
  };
}

/** The folders are made at the start; one that cannot be is said again by who needs it. */
async function makeFolder(path: string, log: Log): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.warn({ path }, `a media folder cannot be made: ${why}`);
  }
}
