import type { Hub } from '../../live/hub.ts';
import type { Stream } from '../../live/stream.ts';
import type { Log } from '../../ops/log.ts';
import type { OutletOptions } from './outlet.ts';
import { StreamOutlet } from './outlet.ts';

export interface OutletsOptions extends Omit<OutletOptions, 'warn'> {
  readonly hub: Hub;
  readonly log: Log;
}

interface Entry {
  readonly outlet: StreamOutlet;
  /** Lets the stream go. */
  readonly release: () => void;
  users: number;
}

/** The outlets of watched streams: made for the first viewer of each, closed after its last. */
export class Outlets {
  readonly #options: OutletsOptions;
  readonly #entries = new Map<Stream, Entry>();

  constructor(options: OutletsOptions) {
    this.#options = options;
  }

  /** The stream's outlet, and how to say that it is not needed any more. */
  use(stream: Stream): { readonly outlet: StreamOutlet; readonly release: () => void } {
    const entry = this.#entries.get(stream) ?? this.#open(stream);
    entry.users++;
    let isUsed = true;
    const release = (): void => {
      if (!isUsed) return;
      isUsed = false;
      if (--entry.users > 0) return;
      this.#entries.delete(stream);
      entry.outlet.close();
      entry.release();
    };
    return { outlet: entry.outlet, release };
  }

  #open(stream: Stream): Entry {
    const { hub, log, ...options } = this.#options;
    const { release } = hub.hold(stream.name);
    const warn = (message: string): void => log.warn({ stream: stream.name }, message);
    const entry: Entry = {
      outlet: new StreamOutlet(stream, { ...options, warn }),
      release,
      users: 0,
    };
    this.#entries.set(stream, entry);
    return entry;
  }
}
