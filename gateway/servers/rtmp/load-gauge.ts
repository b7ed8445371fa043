import { performance } from 'node:perf_hooks';

/** How often the load is looked at, ms. */
const SAMPLE_MS = 200;
/** Above this share of its time the process is short of it; below the other it has some to spare. */
const BUSY = 0.85;
const CALM = 0.65;

/** Says how much a busy process should gather: up one step at a time while it is busy, and down again. */
export class LoadGauge {
  #most: number;
  #utilization: () => number;
  #clock: () => number;
  #sampledAt = -Infinity;
  #level = 0;

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

  /** 0 for a process with time to spare. */
  get level(): number {
    const now = this.#clock();
    if (now - this.#sampledAt >= SAMPLE_MS) {
      this.#sampledAt = now;
      const utilization = this.#utilization();
      if (utilization > BUSY && this.#level < this.#most) this.#level++;
      else if (utilization < CALM && this.#level > 0) this.#level--;
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
