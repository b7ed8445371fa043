import { stat } from 'node:fs/promises';
import type { Config } from '../../config/schema.ts';
import type { Hub } from '../../live/hub.ts';
import type { Stream } from '../../live/stream.ts';
import type { Log } from '../../ops/log.ts';
import type { Grant } from '../../sessions/admission.ts';
import type { SessionRegistry } from '../../sessions/registry.ts';
import { freeSpace } from '../disk-space.ts';
import { transferErrors } from '../transfer-error.ts';
import { FlvFile } from './flv-file.ts';
import type { Recording, RecordingEnd } from './recording.ts';
import { StreamRecorder, type RecordingStatus } from './stream-recorder.ts';

/** How often what came is written, ms. */
const FLUSH_MS = 250;
/** How often it is made safe against a power cut, ms. */
const SYNC_MS = 1000;
/** How often it is looked how full the disk is, ms. */
const SPACE_MS = 5000;

export interface RecorderOptions {
  readonly hub: Pick<Hub, 'listen' | 'find'>;
  readonly registry: Pick<SessionRegistry, 'listen'>;
  readonly config: () => Config;
  readonly log: Log;
  /** A file is being written. */
  readonly begun: (stream: string, path: string) => void;
  /** A recording is over. */
  readonly finished: (stream: string, end: RecordingEnd) => void;
  /** Wall clock, ms since 1970. */
  readonly now?: () => number;
  /** Bytes free in a folder. */
  readonly space?: (folder: string) => Promise<number>;
}

/** A request that cannot be met; the sentence says why. */
export class RecorderError extends Error {
  override readonly name = 'RecorderError';
  readonly code: 'not_found' | 'conflict' | 'failed';

  constructor(code: RecorderError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Records live streams into FLV files: every one, or those that are asked for
 * (docs/decisions/008-recording.md).
 */
export class Recorder {
  #options: Required<RecorderOptions>;
  #streams = new Map<string, StreamRecorder>();
  /** Recordings whose files are not closed yet. */
  #open = new Set<Recording>();
  /** What the newest publisher of a stream was granted. */
  #grants = new Map<string, Grant['record']>();
  /** Streams that the gateway publishes out of its own files. */
  #fromFile = new Set<string>();
  /** Only while something is recorded: each turn of a timer wakes the process. */
  #timers: NodeJS.Timeout[] = [];
  #syncing = false;
  #closed = false;

  constructor(options: RecorderOptions) {
    this.#options = { now: Date.now, space: freeSpace, ...options };
    const { hub, registry } = options;
    registry.listen({
      started: ({ details, grant }) => {
        if (details.kind !== 'publish') return;
        this.#grants.set(details.name, grant?.record);
        // What comes out of a file need not go into one.
        if (details.protocol === 'mp4') this.#fromFile.add(details.name);
        else this.#fromFile.delete(details.name);
      },
    });
    hub.listen({
      opened: (stream) => this.#watch(stream),
      closed: ({ name }) => {
        this.#streams.get(name)?.close();
        this.#streams.delete(name);
        this.#grants.delete(name);
        this.#fromFile.delete(name);
      },
    });
  }

  /** Records a live stream from its newest key frame on; answers the path of the file. */
  async start(name: string): Promise<string> {
    const stream = this.#streams.get(name);
    if (!stream?.isLive) {
      throw new RecorderError('not_found', `There is no live stream ${JSON.stringify(name)}.`);
    }
    if (stream.recording) return stream.recording.path;
    const recording = stream.begin();
    try {
      return await recording.path;
    } catch (error) {
      throw new RecorderError('failed', `It cannot be recorded: ${sentence(error)}`);
    }
  }

  /** Stops recording it; answers the path of the file that was written. */
  async stop(name: string): Promise<string> {
    const recording = this.#streams.get(name)?.stop();
    const path = recording && (await recording.end()).path;
    if (path === undefined) {
      throw new RecorderError('not_found', `${JSON.stringify(name)} is not being recorded.`);
    }
    return path;
  }

  /** The streams that are recorded, or whose recording could not go on. */
  get status(): RecordingStatus[] {
    return [...this.#streams.values()]
      .map((stream) => stream.status)
      .filter(({ recording, error }) => recording || error !== null);
  }

  /** Ends every recording; resolves when all is written. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const stream of this.#streams.values()) void stream.stop()?.end();
    await Promise.all([...this.#open].map(({ ended }) => ended));
  }

  #watch(stream: Stream): void {
    const { config } = this.#options;
    this.#streams.set(
      stream.name,
      new StreamRecorder(stream, {
        wanted: () => {
          if (this.#closed || this.#fromFile.has(stream.name)) return false;
          return !config().enable_rtmp_record_manual || this.#grants.get(stream.name)?.now === true;
        },
        create: () => this.#create(stream.name),
        begun: (recording) => {
          this.#open.add(recording);
          this.#setTimers();
          void recording.ended.then((end) => {
            this.#open.delete(recording);
            this.#setTimers();
            this.#finished(stream.name, end);
          });
        },
      }),
    );
  }

  #setTimers(): void {
    const isNeeded = this.#open.size > 0;
    if (isNeeded === this.#timers.length > 0) return;
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    if (!isNeeded) return;
    this.#timers = [
      setInterval(() => this.#each((recording) => recording.flush()), FLUSH_MS),
      setInterval(() => void this.#sync(), SYNC_MS),
      setInterval(() => void this.#watchSpace(), SPACE_MS),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  async #create(name: string): Promise<FlvFile> {
    const { config, now, space, begun } = this.#options;
    const grant = this.#grants.get(name);
    const folder = grant?.path ?? config().record_path;
    if (!(await isFolder(folder))) throw new Error(`The folder ${folder} does not exist.`);
    const { disk_free_min: least } = config();
    if ((await space(folder)) < least * 1e6) {
      throw Object.assign(new Error(tooFull(folder, least)), { code: 'ENOSPC' });
    }
    const file = await FlvFile.create(folder, grant?.name ?? name, now());
    begun(name, file.path);
    return file;
  }

  #finished(name: string, end: RecordingEnd): void {
    const { log, finished } = this.#options;
    const { path, failure } = end;
    if (failure) {
      log.error({ stream: `live/${name}`, path }, `Recording stopped: ${failure.message}`);
    }
    finished(name, end);
  }

  #each(act: (recording: Recording) => Promise<unknown>): void {
    for (const { recording } of this.#streams.values()) if (recording) void act(recording);
  }

  /** One after the other, so that a slow disk is not asked for more than it can do. */
  async #sync(): Promise<void> {
    if (this.#syncing) return;
    this.#syncing = true;
    for (const { recording } of [...this.#streams.values()]) await recording?.sync();
    this.#syncing = false;
  }

  async #watchSpace(): Promise<void> {
    const { space, config } = this.#options;
    const { disk_free_min: least } = config();
    const known = new Map<string, Promise<number>>();
    for (const stream of [...this.#streams.values()]) {
      const { recording } = stream;
      if (!recording) continue;
      try {
        const path = await recording.path;
        const folder = path.slice(0, path.lastIndexOf('/')) || '/';
        if (!known.has(folder)) known.set(folder, space(folder));
        if ((await known.get(folder)!) >= least * 1e6) continue;
        stream.fail({ error: transferErrors.diskFull, message: tooFull(folder, least) });
      } catch {
        // A file that could not be made has ended already; a disk that cannot be asked is not full.
      }
    }
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

function tooFull(folder: string, least: number): string {
  return `The disk of ${folder} has less than ${least} MB left (disk_free_min).`;
}

const sentence = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
