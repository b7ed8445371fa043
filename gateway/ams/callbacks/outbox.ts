import type { Log } from '../log.ts';
import type { SpooledEvent, Spool, ToldEvent } from './spool.ts';

export interface OutboxOptions {
  /** For the log: `rtmp_notify` or `http_notify`. */
  readonly name: string;
  /** Delivers one event's body; rejects when there was no answer. */
  readonly send: (body: string) => Promise<void>;
  readonly spool: Spool;
  readonly log: Log;
  /** Events in memory; more wait on disk. */
  readonly maxHeld?: number;
  /** Events on their way at the same time. */
  readonly maxInFlight?: number;
  /** Pause after a failure, ms: doubled each time from the first to the second figure. */
  readonly backOff?: readonly [first: number, most: number];
}

/** What one client still has to be told about, in order. */
interface Line {
  readonly events: SpooledEvent[];
  failures: number;
  retry?: NodeJS.Timeout;
}

/** Failures in a row, whoever's, after which the receiver counts as down. */
const failuresUntilDown = 3;

/**
 * Delivers told callbacks to one receiver, each until it is answered.
 *
 * The callbacks of one client go one after the other; different clients' go side by side. A failed
 * one waits with its client alone. When nothing gets through any more the receiver is `down`: then
 * one callback at a time is tried, of another client each time, until one is answered; so a dead
 * receiver costs next to nothing, and one callback that it chokes on does not hold up the others.
 */
export class Outbox {
  readonly #options: Required<OutboxOptions>;
  /** Clients with something to tell, by their order key. */
  #lines = new Map<string, Line>();
  /** Clients whose first event may be sent now, in turn. */
  #ready: string[] = [];
  #held = 0;
  #inFlight = 0;
  #receiver: 'up' | 'down' = 'up';
  #failuresInRow = 0;
  #probe: NodeJS.Timeout | undefined;
  #loading = false;
  #closed = false;
  #lost = 0;
  #settled: (() => void)[] = [];

  constructor(options: OutboxOptions) {
    this.#options = { maxHeld: 2000, maxInFlight: 32, backOff: [500, 5_000], ...options };
    this.#refill();
  }

  /** Callbacks not delivered yet, in memory and on disk. */
  get waiting(): number {
    return this.#options.spool.pending;
  }

  /** Callbacks in memory. */
  get held(): number {
    return this.#held;
  }

  /** Callbacks that could not even be kept. */
  get lost(): number {
    return this.#lost;
  }

  /** Whether the receiver answered last. */
  get receiver(): 'up' | 'down' {
    return this.#receiver;
  }

  /** Takes an event; it is delivered, now or later, unless the disk's share is used up. */
  add(event: ToldEvent): void {
    const { spool, maxHeld } = this.#options;
    // Once something is on disk only, what comes after it must be too, or it would overtake it.
    const held = !spool.hasStored && !this.#loading && this.#held < maxHeld;
    const kept = spool.append(event, held);
    if (kept === undefined) this.#lose(event);
    else if (held) this.#enqueue(kept);
    this.#pump();
  }

  /** Whether anything about this client has not been delivered; false for what is on disk only. */
  isWaiting(client: string): boolean {
    return this.#lines.has(client);
  }

  /** Resolves when everything is delivered, when the receiver is down, or after that time. */
  async settle(timeoutMs: number): Promise<void> {
    // A receiver that is down gets one more chance.
    this.#probeNow();
    if (this.#isSettled()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#settled.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Sends nothing more; what was not delivered stays on disk. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#probe);
    for (const { retry } of this.#lines.values()) clearTimeout(retry);
    this.#lines.clear();
    this.#ready = [];
    this.#release();
  }

  #enqueue(event: SpooledEvent): void {
    this.#held++;
    const line = this.#lines.get(event.client);
    if (line !== undefined) {
      line.events.push(event);
      return;
    }
    this.#lines.set(event.client, { events: [event], failures: 0 });
    this.#ready.push(event.client);
  }

  #pump(): void {
    const most = this.#receiver === 'up' ? this.#options.maxInFlight : 1;
    if (this.#closed || this.#probe !== undefined) return;
    while (this.#inFlight < most) {
      const client = this.#ready.shift();
      if (client === undefined) break;
      const line = this.#lines.get(client);
      if (line !== undefined) void this.#deliver(client, line);
    }
    this.#refill();
  }

  async #deliver(client: string, line: Line): Promise<void> {
    const event = line.events[0]!;
    this.#inFlight++;
    try {
      await this.#options.send(event.body);
      this.#inFlight--;
      if (this.#closed) this.#options.spool.delivered(event);
      else this.#succeeded(client, line, event);
    } catch (error) {
      this.#inFlight--;
      if (!this.#closed) this.#failed(client, line, error);
    }
    this.#pump();
    if (this.#isSettled()) this.#release();
  }

  #succeeded(client: string, line: Line, event: SpooledEvent): void {
    this.#options.spool.delivered(event);
    line.events.shift();
    line.failures = 0;
    this.#held--;
    if (line.events.length > 0) this.#ready.push(client);
    else this.#lines.delete(client);
    this.#failuresInRow = 0;
    if (this.#receiver === 'up') return;
    this.#receiver = 'up';
    const { name, log } = this.#options;
    log.info({}, `The receiver of ${name} answers again; ${this.waiting} callbacks are sent now.`);
    for (const [waiting, other] of this.#lines) this.#wake(waiting, other);
  }

  #failed(client: string, line: Line, error: unknown): void {
    line.failures++;
    this.#failuresInRow++;
    if (this.#receiver === 'up' && this.#failuresInRow >= failuresUntilDown) {
      this.#receiver = 'down';
      const why = error instanceof Error ? error.message : String(error);
      const { name, log } = this.#options;
      log.warn({ waiting: this.waiting }, `Callbacks to ${name} are kept and sent later: ${why}`);
    }
    if (this.#receiver === 'up') {
      line.retry = setTimeout(() => {
        this.#wake(client, line);
        this.#pump();
      }, this.#pause(line.failures));
      line.retry.unref();
      return;
    }
    this.#ready.push(client);
    clearTimeout(this.#probe);
    this.#probe = setTimeout(
      () => this.#probeNow(),
      this.#pause(this.#failuresInRow - failuresUntilDown),
    );
    this.#probe.unref();
  }

  #wake(client: string, line: Line): void {
    if (line.retry === undefined) return;
    clearTimeout(line.retry);
    delete line.retry;
    this.#ready.push(client);
  }

  #probeNow(): void {
    clearTimeout(this.#probe);
    this.#probe = undefined;
    this.#pump();
  }

  #pause(failures: number): number {
    const [first, most] = this.#options.backOff;
    return Math.min(most, first * 2 ** Math.max(0, failures - 1));
  }

  /** Takes the next file into memory when there is room. */
  #refill(): void {
    const { spool, maxHeld } = this.#options;
    if (this.#closed || this.#loading || !spool.hasStored || this.#held > maxHeld / 2) return;
    this.#loading = true;
    void spool.load().then((events) => {
      this.#loading = false;
      if (this.#closed) return;
      for (const event of events) this.#enqueue(event);
      this.#pump();
    });
  }

  #lose({ id }: ToldEvent): void {
    this.#lost++;
    const message = `A callback to ${this.#options.name} could not be kept: the disk's share for callbacks is full.`;
    this.#options.log.error({ event_id: id }, message);
  }

  #isSettled(): boolean {
    if (this.#closed || this.waiting === 0) return true;
    return this.#receiver === 'down' && this.#inFlight === 0 && this.#probe !== undefined;
  }

  #release(): void {
    for (const resolve of this.#settled.splice(0)) resolve();
  }
}
