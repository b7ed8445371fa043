/** How long a picture that was due may stay away, and sound with it, until somebody looks, ms. */
const OVERDUE_MS = 200;

/**
 * Says when what waits to be sent has waited long enough.
 *
 * Each timer wakes the process, even one that was cleared: Node.js leaves libuv's running. That is a
 * good part of what a stream costs, so a timer is never cleared but looks again when it fires, and
 * sound that waits for a picture which is due in time has none of its own. If that picture stays away,
 * the sound after it ends the wait; if that does too, one slow timer.
 */
export class SendTimer {
  #send: () => void;
  #clock: () => number;
  #timer: NodeJS.Timeout | undefined;
  /** The timer is the slow one. */
  #slow = false;
  /** Clock at which the oldest of what waits came. */
  #since: number | undefined;
  #most = 0;
  #due = 0;

  /** `send` is to call `sent`; `clock`: monotonic ms. */
  constructor(send: () => void, clock: () => number) {
    this.#send = send;
    this.#clock = clock;
  }

  /** Something waits: for `most` ms, counted from the oldest, or until a picture comes at clock `due`. */
  wait(most: number, due = 0): void {
    const now = this.#clock();
    this.#since ??= now;
    this.#most = most;
    this.#due = due;
    const left = this.#since + most - now;
    if (left <= 0) {
      this.#send();
      return;
    }
    const rides = due > now && due <= now + left;
    if (this.#timer && (rides || !this.#slow)) return;
    clearTimeout(this.#timer);
    this.#slow = rides;
    this.#timer = setTimeout(() => this.#look(), rides ? OVERDUE_MS : Math.ceil(left));
  }

  /** Nothing waits any more. */
  sent(): void {
    this.#since = undefined;
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#since !== undefined) this.wait(this.#most, this.#due);
  }
}
