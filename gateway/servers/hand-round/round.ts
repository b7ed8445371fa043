/** What two threads share while they hand bytes round. */
export interface Round {
  /** By `Slot`. */
  readonly slots: Int32Array<SharedArrayBuffer>;
  /** The sockets' file descriptors. */
  readonly descriptors: Int32Array<SharedArrayBuffer>;
  /** Bytes that the system took, by place. */
  readonly written: Int32Array<SharedArrayBuffer>;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

/**
 * - `posted`: rounds since the beginning; it changes to wake the thread up;
 * - `left`: places that nobody has taken. It counts down, so that a thread which comes late, to a round
 *   that is over, finds nothing; below 0 it means nothing more;
 * - `length`: of the bytes;
 * - `done`: places that the thread is done with.
 */
export const Slot = { posted: 0, left: 1, length: 2, done: 3, count: 4 } as const;

/** Places that a thread takes in one go: fewer and they get in each other's way, more and one waits. */
export const TAKEN_AT_ONCE = 8;
