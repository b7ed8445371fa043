import type { Packet } from '../../shared/media.ts';
import type { Stream } from './stream.ts';

/** What a publisher's server gives the hub to reach it. */
export interface Publisher {
  /** Another publisher of the name takes over, or the server stops: let this one go. */
  replaced(): void;
  /** Somebody begins to wait for its packets. */
  watched?(): void;
}

/** One publisher's hold on a stream, from its first packet to its end. */
export class Publication {
  readonly stream: Stream;
  /** Clock, ms, of the newest packet. */
  lastPacketAt: number;
  #publisher: Publisher;
  #clock: () => number;
  #onEnd: (goodbye: boolean) => void;
  #ended = false;
  #pushed = false;
  #waiters = new Set<{ readonly aliveFrom: number; readonly done: () => void }>();

  constructor(
    stream: Stream,
    publisher: Publisher,
    clock: () => number,
    onEnd: (goodbye: boolean) => void,
  ) {
    this.stream = stream;
    this.#publisher = publisher;
    this.#clock = clock;
    this.#onEnd = onEnd;
    this.lastPacketAt = clock();
    stream.onWatched = () => publisher.watched?.();
  }

  get ended(): boolean {
    return this.#ended;
  }

  push(packet: Packet): void {
    if (this.#ended) return;
    this.#pushed = true;
    this.stream.push(packet);
  }

  /** What came in one read is through. */
  flush(): void {
    // A read may bring no media at all; that is no sign of life.
    if (this.#ended || !this.#pushed) return;
    this.#pushed = false;
    this.lastPacketAt = this.#clock();
    for (const { aliveFrom, done } of this.#waiters) if (this.lastPacketAt >= aliveFrom) done();
    this.stream.flush();
  }

  /**
   * The publisher is gone.
   * @param goodbye it said so; otherwise it was lost, and viewers wait for it a while
   */
  end(goodbye: boolean): void {
    if (this.#finish()) this.#onEnd(goodbye);
  }

  /** Another publisher has the stream now, or the hub closes. */
  replace(): void {
    if (this.#finish()) this.#publisher.replaced();
  }

  /**
   * Resolves when it has ended, when a packet comes `aliveMs` from now or later, or after `ms`
   * without either.
   */
  settledWithin(ms: number, aliveMs: number): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        resolve();
      };
      const waiter = { aliveFrom: this.#clock() + aliveMs, done };
      const timer = setTimeout(done, ms);
      this.#waiters.add(waiter);
    });
  }

  #finish(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    for (const { done } of this.#waiters) done();
    return true;
  }
}
