import { mkdir, open, readdir, readFile, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../log.ts';

/** A callback that is told, not asked. */
export interface ToldEvent {
  /** Its `event_id`; the same whenever it is sent. */
  readonly id: string;
  /** Whose order it belongs to. */
  readonly client: string;
  /** The form body as it is sent. */
  readonly body: string;
}

/** An event that the spool knows. */
export interface SpooledEvent extends ToldEvent {
  readonly segment: Segment;
}

/**
 * A file of events in the order in which they happened, one JSON object a line, with a line
 * `{"done":ID}` for each one delivered. A line that a crash tore is left out when it is read.
 * - `held`: what it still has to deliver is in memory too;
 * - `stored`: it is on disk only.
 */
export interface Segment {
  readonly path: string;
  state: 'held' | 'stored';
  /** Nothing is added any more. */
  closed: boolean;
  events: number;
  /** Events that are not delivered yet. */
  pending: number;
  bytes: number;
}

export interface SpoolOptions {
  readonly folder: string;
  readonly log: Log;
  /** Events a file. */
  readonly segmentEvents?: number;
  /** Most bytes kept on disk; what comes beyond is refused. */
  readonly maxBytes?: number;
}

/**
 * Events that wait for their receiver, on disk: what is not delivered when the process ends, however
 * it ends, is delivered after the next start. Writes are gathered and never waited for.
 */
export class Spool {
  readonly #folder: string;
  readonly #log: Log;
  readonly #segmentEvents: number;
  readonly #maxBytes: number;
  /** Oldest first; the last one, unless closed, takes new events. */
  #segments: Segment[] = [];
  #nextNumber = 1;
  #bytes = 0;
  #pending = 0;
  #writes: { segment: Segment; text: string }[] = [];
  #writing: Promise<void> = Promise.resolve();
  #handle: { segment: Segment; file: FileHandle } | undefined;
  #broken = false;

  private constructor(options: SpoolOptions) {
    this.#folder = options.folder;
    this.#log = options.log;
    this.#segmentEvents = options.segmentEvents ?? 500;
    this.#maxBytes = options.maxBytes ?? 256 * 1024 * 1024;
  }

  /** Opens the folder (made if missing) with what an earlier run could not deliver. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    await spool.#scan();
    return spool;
  }

  /** Events not delivered, in memory and on disk. */
  get pending(): number {
    return this.#pending;
  }

  /** Size of the files. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether there are events that are on disk only. */
  get hasStored(): boolean {
    return this.#segments.some(({ state }) => state === 'stored');
  }

  /**
   * Keeps an event. `held`: the caller has it in memory; otherwise it comes back through `load`.
   * Undefined when the disk's share is used up: then it is not kept.
   */
  append(event: ToldEvent, held: boolean): SpooledEvent | undefined {
    if (this.#bytes >= this.#maxBytes) return undefined;
    const segment = this.#tail(held ? 'held' : 'stored');
    segment.events++;
    segment.pending++;
    this.#pending++;
    const { id, client, body } = event;
    this.#write(segment, JSON.stringify({ id, client, body }));
    return { id, client, body, segment };
  }

  /** Notes that an event has been delivered. */
  delivered({ id, segment }: SpooledEvent): void {
    segment.pending--;
    this.#pending--;
    this.#write(segment, JSON.stringify({ done: id }));
    if (segment.closed && segment.pending === 0) this.#remove(segment);
  }

  /** The undelivered events of the oldest file that is on disk only; from now on they are held. */
  async load(): Promise<SpooledEvent[]> {
    const segment = this.#segments.find(({ state }) => state === 'stored');
    if (segment === undefined) return [];
    segment.closed = true;
    segment.state = 'held';
    await this.flush();
    const events = await readEvents(segment.path).catch((cause: unknown) => {
      this.#complain('read', segment.path, cause);
      return [];
    });
    // Fewer than were counted when a line was damaged meanwhile.
    this.#pending += events.length - segment.pending;
    segment.pending = events.length;
    if (events.length === 0) this.#remove(segment);
    return events.map((event) => ({ ...event, segment }));
  }

  /** Resolves once everything so far is written. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /** Writes what is left and makes it safe against a power cut. */
  async close(): Promise<void> {
    for (const segment of this.#segments) segment.closed = true;
    for (const segment of this.#segments.filter(({ pending }) => pending === 0)) {
      this.#remove(segment);
    }
    await this.flush();
    await this.#handle?.file.sync();
    await this.#handle?.file.close();
    this.#handle = undefined;
  }

  async #scan(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const names = (await readdir(this.#folder)).filter((name) => /^\d{8,15}\.jsonl$/.test(name));
    for (const name of names.sort()) {
      const path = join(this.#folder, name);
      this.#nextNumber = Math.max(this.#nextNumber, Number.parseInt(name, 10) + 1);
      const events = await readEvents(path);
      if (events.length === 0) {
        await unlink(path);
        continue;
      }
      const bytes = events.reduce((sum, { body }) => sum + body.length, 0);
      const pending = events.length;
      this.#segments.push({ path, state: 'stored', closed: true, events: pending, pending, bytes });
      this.#pending += pending;
      this.#bytes += bytes;
    }
  }

  #tail(state: Segment['state']): Segment {
    const last = this.#segments.at(-1);
    if (last !== undefined && !last.closed) {
      if (last.state === state && last.events < this.#segmentEvents) return last;
      last.closed = true;
      if (last.pending === 0) this.#remove(last);
    }
    const path = join(this.#folder, `${String(this.#nextNumber++).padStart(8, '0')}.jsonl`);
    const segment: Segment = { path, state, closed: false, events: 0, pending: 0, bytes: 0 };
    this.#segments.push(segment);
    return segment;
  }

  #remove(segment: Segment): void {
    this.#segments = this.#segments.filter((other) => other !== segment);
    this.#bytes -= segment.bytes;
    this.#then(async () => {
      if (this.#handle?.segment === segment) {
        await this.#handle.file.close();
        this.#handle = undefined;
      }
      await unlink(segment.path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    });
  }

  #write(segment: Segment, line: string): void {
    segment.bytes += line.length + 1;
    this.#bytes += line.length + 1;
    this.#writes.push({ segment, text: `${line}\n` });
    if (this.#writes.length === 1) this.#then(() => this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    const writes = this.#writes;
    this.#writes = [];
    for (let from = 0; from < writes.length;) {
      const { segment } = writes[from]!;
      let to = from;
      let text = '';
      for (; writes[to]?.segment === segment; to++) text += writes[to]!.text;
      from = to;
      // A file that is gone has delivered everything: what is left to write are its marks.
      if (this.#segments.includes(segment)) await (await this.#open(segment)).write(text);
    }
  }

  async #open(segment: Segment): Promise<FileHandle> {
    if (this.#handle?.segment === segment) return this.#handle.file;
    await this.#handle?.file.close();
    this.#handle = undefined;
    const file = await open(segment.path, 'a', 0o600);
    this.#handle = { segment, file };
    return file;
  }

  /** Does one thing to the files after the other; the disk's failure is logged, not thrown. */
  #then(task: () => Promise<void>): void {
    this.#writing = this.#writing.then(task).then(
      () => {
        this.#broken = false;
      },
      (cause: unknown) => this.#complain('write', this.#folder, cause),
    );
  }

  #complain(verb: 'read' | 'write', path: string, cause: unknown): void {
    if (!this.#broken) this.#log.error({ err: cause }, `Cannot ${verb} kept callbacks in ${path}.`);
    this.#broken = true;
  }
}

/** The undelivered events of a file, in order. */
async function readEvents(path: string): Promise<ToldEvent[]> {
  const events = new Map<string, ToldEvent>();
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    const entry = parseLine(line);
    if (entry === undefined) continue;
    if ('done' in entry) events.delete(entry.done);
    else events.set(entry.id, entry);
  }
  return [...events.values()];
}

function parseLine(line: string): ToldEvent | { done: string } | undefined {
  if (line === '') return undefined;
  try {
    const entry = JSON.parse(line) as Partial<Record<'id' | 'client' | 'body' | 'done', unknown>>;
    if (typeof entry.done === 'string') return { done: entry.done };
    const { id, client, body } = entry;
    if (typeof id !== 'string' || typeof client !== 'string') return undefined;
    return typeof body === 'string' ? { id, client, body } : undefined;
  } catch {
    return undefined;
  }
}
