import type { Frame } from './frame.ts';

/**
 * Lets pictures out a little later than they came, in order, so that the sound, which takes longer
 * to be heard than a picture to be seen, is not so far behind.
 */
export class PictureHold {
  readonly #clock: () => number;
  readonly #emit: (frame: Frame) => void;
  #queue: { readonly frame: Frame; readonly dueAt: number }[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `clock`: monotonic ms. */
  constructor(clock: () => number, emit: (frame: Frame) => void) {
    this.#clock = clock;
    this.#emit = emit;
  }

  /** Takes a frame that is to wait for so many ms; 0: no longer than those before it. */
  push(frame: Frame, ms: number): void {
    if (ms === 0 && this.#queue.length === 0) {
      this.#emit(frame);
      return;
    }
    this.#queue.push({ frame, dueAt: this.#clock() + ms });
    this.#timer ??= setTimeout(this.#emitDue, ms);
  }

  /** Lets out what waits: nothing comes after it. */
  flush(): void {
    const waiting = this.#queue;
    this.reset();
    for (const { frame } of waiting) this.#emit(frame);
  }

  /** Drops what waits. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue = [];
  }

  readonly #emitDue = (): void => {
    this.#timer = undefined;
    // Timers are fine to 1 ms, and a frame that another one waits for is not worth a second.
    const now = this.#clock() + 1;
    const waiting = this.#queue.findIndex(({ dueAt }) => dueAt > now);
    const due = this.#queue.splice(0, waiting < 0 ? this.#queue.length : waiting);
    for (const { frame } of due) this.#emit(frame);
    const next = this.#queue[0];
    if (next !== undefined) this.#timer ??= setTimeout(this.#emitDue, next.dueAt - now);
  };
}
