import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFiles } from '../../config/atomic-file.ts';
import type { Session } from '../../sessions/session.ts';
import type { Log } from '../log.ts';
import { Spool, type SpooledEvent, type ToldEvent } from './spool.ts';

export interface LedgerOptions {
  readonly folder: string;
  readonly log: Log;
  /** Wall clock, ms since 1970. */
  readonly now: () => number;
  /** From this size of its files on the oldest entries are written anew, bytes. */
  readonly compactBytes?: number;
}

/** How far a session had come: seconds, ms of media, bytes. */
type Figures = readonly [time: number, timestamp: number, bytes: number];

/** Entries written anew at each `save` while the files are too large. */
const movedAtOnce = 200;

/**
 * The ends that are still owed: one entry on disk for each session that is to be told about when it
 * is over. A process that is killed cannot tell; the next one finds here whom it owed an end, and
 * what it would have said.
 */
export class Ledger {
  readonly #spool: Spool;
  readonly #figuresFile: string;
  readonly #options: Required<LedgerOptions>;
  #entries = new Map<Session, SpooledEvent>();
  #saving = false;

  private constructor(spool: Spool, options: LedgerOptions) {
    this.#spool = spool;
    this.#figuresFile = join(options.folder, 'figures.json');
    this.#options = { compactBytes: 16 * 1024 * 1024, ...options };
  }

  /** @param owed is given the ends that an earlier run could not tell, with its last figures */
  static async open(options: LedgerOptions, owed: (event: ToldEvent) => void): Promise<Ledger> {
    await mkdir(options.folder, { recursive: true });
    const spool = await Spool.open({ folder: options.folder, log: options.log });
    const ledger = new Ledger(spool, options);
    if (spool.pending > 0) await ledger.#tellOwed(owed);
    return ledger;
  }

  /** Entries of now. */
  get size(): number {
    return this.#entries.size;
  }

  /** Owes the session's end; the event is what would be told if nothing more were known. */
  begin(session: Session, event: ToldEvent): void {
    const kept = this.#spool.append(event, true);
    if (kept !== undefined) this.#entries.set(session, kept);
  }

  /** The `event_id` of the session's end; undefined when none is owed. */
  idOf(session: Session): string | undefined {
    return this.#entries.get(session)?.id;
  }

  /** The end has been told, or is kept where it will be. */
  end(session: Session): void {
    const entry = this.#entries.get(session);
    if (entry === undefined) return;
    this.#entries.delete(session);
    this.#spool.delivered(entry);
  }

  /** Writes down how far every session has come; to be called every few seconds. */
  async save(): Promise<void> {
    if (this.#saving || this.#entries.size === 0) return;
    this.#saving = true;
    try {
      if (this.#spool.bytes > this.#options.compactBytes) this.#compact();
      const figures: Record<string, Figures> = {};
      const now = this.#options.now();
      for (const [session, { id }] of this.#entries) {
        const time = Math.max(0, Math.floor((now - session.since) / 1000));
        figures[id] = [time, Math.round(session.timestamp), session.bytes];
      }
      await replaceFiles([{ path: this.#figuresFile, content: JSON.stringify(figures) }]);
    } catch (cause) {
      this.#options.log.error({ err: cause }, `Cannot write ${this.#figuresFile}.`);
    } finally {
      this.#saving = false;
    }
  }

  async close(): Promise<void> {
    await this.#spool.close();
  }

  async #tellOwed(owed: (event: ToldEvent) => void): Promise<void> {
    const figures = await readFigures(this.#figuresFile);
    const count = this.#spool.pending;
    while (this.#spool.hasStored) {
      for (const event of await this.#spool.load()) {
        owed({ ...event, body: withFigures(event.body, figures[event.id]) });
        this.#spool.delivered(event);
      }
    }
    this.#options.log.warn(
      { clients: count },
      'The last run was killed: the ends of its clients are told now.',
    );
  }

  /** Writes the oldest entries anew, so that the files go in which they are nearly alone. */
  #compact(): void {
    for (const [session, entry] of [...this.#entries].slice(0, movedAtOnce)) {
      const moved = this.#spool.append(entry, true);
      if (moved === undefined) return;
      this.#entries.delete(session);
      this.#entries.set(session, moved);
      this.#spool.delivered(entry);
    }
  }
}

/** The end's body with the figures that are known; its fields are the server's own, never doubled. */
function withFigures(body: string, figures: Figures | undefined): string {
  if (figures === undefined) return body;
  const [time, timestamp, bytes] = figures;
  const fields = new URLSearchParams(body);
  fields.set('time', String(time));
  if (fields.has('timestamp')) fields.set('timestamp', String(timestamp));
  fields.set('totlebyte', String(bytes));
  return fields.toString();
}

async function readFigures(path: string): Promise<Record<string, Figures | undefined>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, Figures | undefined>;
  } catch {
    return {}; // Killed before the first time: the ends are told without figures.
  }
}
