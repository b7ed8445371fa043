import { RtmpClientError } from './rtmp-client-error.ts';

interface Waiter<T> {
  resolve: (value: T) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

/** Promises for answers that come by key, each with a time limit. */
export class Waiters<Key, T = void> {
  readonly #timeoutMs: number;
  readonly #waiting = new Map<Key, Waiter<T>>();

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Keys that are waited for, oldest first. */
  get keys(): Key[] {
    return [...this.#waiting.keys()];
  }

  /** The answer to `key`; rejects when it is `reject`ed or does not come in time. */
  wait(key: Key, what: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.reject(
          key,
          new RtmpClientError(
            'RTMP_CLIENT_TIMEOUT',
            `Waited ${this.#timeoutMs} ms for ${what} in vain.`,
          ),
        );
      }, this.#timeoutMs);
      this.#waiting.set(key, { resolve, reject, timer });
    });
  }

  /** Answers who waits for `key`; false when nobody does. */
  resolve(key: Key, value: T): boolean {
    const waiter = this.#take(key);
    waiter?.resolve(value);
    return waiter !== undefined;
  }

  /** Disappoints who waits for `key`; false when nobody does. */
  reject(key: Key, error: Error): boolean {
    const waiter = this.#take(key);
    waiter?.reject(error);
    return waiter !== undefined;
  }

  rejectAll(error: Error): void {
    for (const key of this.keys) this.reject(key, error);
  }

  #take(key: Key): Waiter<T> | undefined {
    const waiter = this.#waiting.get(key);
    if (waiter === undefined) return undefined;
    clearTimeout(waiter.timer);
    this.#waiting.delete(key);
    return waiter;
  }
}
