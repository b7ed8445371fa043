import { performance } from 'node:perf_hooks';

/** How often the load is looked at, ms. */
const SAMPLE_MS = 200;
/** So many samples just below the limit, and one level less is tried … */
const PATIENCE = 5;
/** … but after each sample below this part of it: the burst is over. */
const CALM = 0.75;

/**
 * Says how much a busy process should gather: one level more with each sample above a limit, one
 * less after a second just below it. So it finds the lowest level at which the process has time.
 */
export class LoadGauge {
  #most: number;
  #utilization: () => number;
  #clock: () => number;
  #sampledAt = -Infinity;
  #level = 0;
  #below = 0;

  /**
   * @param most the highest level
   * @param utilization the share of time (0 to 1) that the event loop was busy since it was asked last
   * @param clock monotonic ms
   */
  constructor(most: number, utilization = loopUtilization(), clock = () => performance.now()) {
    this.#most = most;
    this.#utilization = utilization;
    this.#clock = clock;
  }

  /** The level now, 0 for a process with time to spare; `limit`: the share of time it may be busy. */
  level(limit: number): number {
    const now = this.#clock();
    if (now - this.#sampledAt >= SAMPLE_MS) {
      this.#sampledAt = now;
      const utilization = this.#utilization();
      if (utilization > limit) {
        this.#level = Math.min(this.#level + 1, this.#most);
        this.#below = 0;
      } else if (++this.#below === PATIENCE || utilization < limit * CALM) {
        this.#level = Math.max(this.#level - 1, 0);
        this.#below = 0;
      }
    }
    return this.#level;
  }
}

function loopUtilization(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
