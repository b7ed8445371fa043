import { FanOut } from './fan-out.ts';
import type { Muxer } from './muxer.ts';
import { Publication, type Publisher } from './publication.ts';
import type { LiveSettings } from './settings.ts';
import { Stream } from './stream.ts';
import { oneByOne, type Viewer, type WriteToAll } from './viewer.ts';

/** What a publisher had sent before it was lost may come for this long after its successor, ms. */
const UNDER_WAY_MS = 500;

/** A format under a name: viewers who give the same key share one muxer. */
export interface Format {
  readonly key: string;
  create(): Muxer;
}

export interface HubEvents {
  /** A stream is there that was not (with a publisher or a first viewer). */
  opened?(stream: Stream): void;
  /** A stream without publisher and viewers is forgotten. */
  closed?(stream: Stream): void;
}

interface Entry {
  readonly stream: Stream;
  readonly fanOuts: Map<string, FanOut>;
  publication: Publication | undefined;
  grace: NodeJS.Timeout | undefined;
  /** Reasons to keep the stream although nobody publishes: viewers and other holders. */
  holds: number;
}

/** All live streams: who publishes which, and who watches. */
export class Hub {
  #entries = new Map<string, Entry>();
  #settings: () => LiveSettings;
  #clock: () => number;
  #wall: () => number;
  #writeToAll: WriteToAll;
  #listeners: HubEvents[] = [];

  /** `clock`: monotonic ms; `wall`: ms since 1970. */
  constructor(
    settings: () => LiveSettings,
    clock: () => number,
    wall: () => number = Date.now,
    writeToAll = oneByOne,
  ) {
    this.#settings = settings;
    this.#clock = clock;
    this.#wall = wall;
    this.#writeToAll = writeToAll;
  }

  listen(events: HubEvents): void {
    this.#listeners.push(events);
  }

  /** The streams of now: those with a publisher, and those that viewers wait for. */
  get streams(): Stream[] {
    return [...this.#entries.values()].map(({ stream }) => stream);
  }

  find(name: string): Stream | undefined {
    return this.#entries.get(name)?.stream;
  }

  /**
   * Whether a publisher may have this name now. A publisher that is there already gives way when it
   * has been silent. To find out, the answer takes until it sends or ends, at most as long as a
   * publisher may be silent.
   */
  async mayPublish(name: string): Promise<boolean> {
    const current = this.#entries.get(name)?.publication;
    if (!current) return true;
    if (this.#givesWay(current)) return true;
    const { publishConflict, publishStaleMs } = this.#settings();
    if (publishConflict !== 'stale') return false;
    // An encoder that reconnects is faster than TCP is to miss it: give the old one time to show.
    await current.settledWithin(publishStaleMs + 1, UNDER_WAY_MS);
    return current.ended || this.#givesWay(current);
  }

  /**
   * Begins publishing; who published before, if any, is let go. Answers undefined when that one
   * keeps the name: it has shown signs of life since `mayPublish` was asked.
   */
  publish(name: string, publisher: Publisher): Publication | undefined {
    const entry = this.#entry(name);
    const before = entry.publication;
    if (before && !this.#givesWay(before)) return undefined;
    clearTimeout(entry.grace);
    entry.grace = undefined;
    const publication = new Publication(entry.stream, publisher, this.#clock, (goodbye) =>
      this.#unpublish(entry, publication, goodbye),
    );
    entry.publication = publication;
    before?.replace();
    entry.stream.begin(this.#wall());
    return publication;
  }

  /** Adds a viewer to the stream, which need not be there yet; answers how it leaves. */
  watch(name: string, format: Format, viewer: Viewer): () => void {
    const entry = this.#entry(name);
    const release = this.#hold(entry);
    let fanOut = entry.fanOuts.get(format.key);
    if (!fanOut) {
      fanOut = new FanOut(
        entry.stream,
        format.create(),
        this.#settings,
        this.#clock,
        this.#writeToAll,
      );
      entry.fanOuts.set(format.key, fanOut);
    }
    const joined = fanOut;
    joined.join(viewer);
    return () => {
      joined.leave(viewer);
      if (joined.viewers === 0 && entry.fanOuts.get(format.key) === joined) {
        joined.close();
        entry.fanOuts.delete(format.key);
      }
      release();
    };
  }

  /** Keeps a stream in being, published or not; answers how to let it go. */
  hold(name: string): { stream: Stream; release: () => void } {
    const entry = this.#entry(name);
    return { stream: entry.stream, release: this.#hold(entry) };
  }

  /** Ends all streams. */
  close(): void {
    for (const entry of this.#entries.values()) {
      clearTimeout(entry.grace);
      entry.publication?.replace();
      entry.stream.end();
    }
  }

  #entry(name: string): Entry {
    let entry = this.#entries.get(name);
    if (!entry) {
      entry = {
        stream: new Stream(name, () => this.#settings().gop),
        fanOuts: new Map(),
        publication: undefined,
        grace: undefined,
        holds: 0,
      };
      this.#entries.set(name, entry);
      for (const listener of this.#listeners) listener.opened?.(entry.stream);
    }
    return entry;
  }

  #givesWay(publication: Publication): boolean {
    const { publishConflict, publishStaleMs } = this.#settings();
    if (publishConflict !== 'stale') return publishConflict === 'takeover';
    return this.#clock() - publication.lastPacketAt >= publishStaleMs;
  }

  #hold(entry: Entry): () => void {
    entry.holds++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      entry.holds--;
      this.#forgetIfUnused(entry);
    };
  }

  #unpublish(entry: Entry, publication: Publication, goodbye: boolean): void {
    if (entry.publication !== publication) return;
    entry.publication = undefined;
    const { republishGraceMs } = this.#settings();
    if (goodbye || republishGraceMs === 0) {
      this.#end(entry);
      return;
    }
    entry.stream.interrupt();
    entry.grace = setTimeout(() => this.#end(entry), republishGraceMs);
  }

  #end(entry: Entry): void {
    entry.grace = undefined;
    entry.stream.end();
    this.#forgetIfUnused(entry);
  }

  #forgetIfUnused(entry: Entry): void {
    if (entry.publication || entry.grace || entry.holds > 0) return;
    if (!this.#entries.delete(entry.stream.name)) return;
    for (const listener of this.#listeners) listener.closed?.(entry.stream);
  }
}
