import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How the process is doing; times in ms, memory in bytes. */
export interface Health {
  /** Seconds since the start. */
  readonly uptime: number;
  /** How late timers fire, over the last interval: what media waits when the process is busy. */
  readonly eventLoopDelay: { readonly p50: number; readonly p99: number; readonly max: number };
  /** CPU time over the last interval, percent of one core. */
  readonly cpu: number;
  readonly memory: {
    readonly resident: number;
    readonly heapUsed: number;
    readonly heapTotal: number;
    /** Buffers outside the heap: the media itself. */
    readonly external: number;
  };
}

export interface HealthMonitor {
  /** Delay and CPU of the last complete interval (of the current one while it is the first). */
  read(): Health;
  close(): void;
}

/**
 * The histogram measures timers of this period, so every value contains it, ms. Each wakes the
 * process, at 0.1 ms of CPU time: 20 a second were a tenth of what a stream with one viewer costs. Of so
 * few, the 99th percentile is the longest; and a single hold-up of less than the period may pass unseen.
 */
const resolution = 200;

/** Watches the process; `intervalMs` is what delay and CPU are taken over. */
export function startHealthMonitor(intervalMs = 5000): HealthMonitor {
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  const started = performance.now();
  let since = started;
  let cpuBefore = process.cpuUsage();
  let last: Pick<Health, 'eventLoopDelay' | 'cpu'> | undefined;

  const measure = () => {
    const now = performance.now();
    const { user, system } = process.cpuUsage(cpuBefore);
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolution);
    const empty = histogram.count === 0;
    return {
      now,
      cpu: (user + system) / 10 / Math.max(1, now - since),
      eventLoopDelay: {
        p50: empty ? 0 : late(histogram.percentile(50)),
        p99: empty ? 0 : late(histogram.percentile(99)),
        max: empty ? 0 : late(histogram.max),
      },
    };
  };

  const timer = setInterval(() => {
    const { now, ...measured } = measure();
    last = measured;
    since = now;
    cpuBefore = process.cpuUsage();
    histogram.reset();
  }, intervalMs);
  timer.unref();

  return {
    read() {
      const { cpu, eventLoopDelay } = last ?? measure();
      const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
      return {
        uptime: (performance.now() - started) / 1000,
        eventLoopDelay,
        cpu,
        memory: { resident: rss, heapUsed, heapTotal, external },
      };
    },
    close() {
      clearInterval(timer);
      histogram.disable();
    },
  };
}
