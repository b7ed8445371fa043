import { outbox } from './outbox.ts';

/** Senders whose queue is not empty are looked after this often, ms. */
const TICK_MS = 2;

/** Whoever has packets waiting for their time. */
export interface Paced {
  /** Sends what may go by now; answers whether something is left. */
  sendDue(now: number): boolean;
}

/** Wakes up those who wait, with one timer for all, which runs only while somebody does. */
export class Pacer {
  readonly #clock: () => number;
  readonly #waiting = new Set<Paced>();
  #timer: NodeJS.Timeout | undefined;

  /** `clock`: monotonic ms. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  add(paced: Paced): void {
    this.#waiting.add(paced);
    this.#timer ??= setTimeout(this.#tick, TICK_MS);
  }

  remove(paced: Paced): void {
    this.#waiting.delete(paced);
  }

  /** Sends nothing more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  readonly #tick = (): void => {
    const now = this.#clock();
    outbox.gather(() => {
      for (const paced of this.#waiting) if (!paced.sendDue(now)) this.#waiting.delete(paced);
    });
    this.#timer = this.#waiting.size > 0 ? setTimeout(this.#tick, TICK_MS) : undefined;
  };
}
