import type { Log } from './log.ts';

/** The whole of a shutdown takes at most this long, ms; service managers often kill after 10 s. */
const shutdownLimit = 9000;

/** Ends the process in order, once, within a time limit. */
export interface Shutdown {
  /** Adds a step. Steps run one after another, the last added first. */
  add(name: string, close: () => void | Promise<void>): void;
  /** Runs the steps and resolves with the exit code; a second call joins the first. */
  run(reason: string, exitCode: number): Promise<number>;
  readonly state: 'running' | 'ending' | 'ended';
}

/**
 * A shutdown whose steps are still to be added. A step that fails, or that does not end in time,
 * is logged, does not keep the next from running, and makes the exit code 1 at least.
 */
export function createShutdown(log: Log, limitMs = shutdownLimit): Shutdown {
  const steps: { name: string; close: () => void | Promise<void> }[] = [];
  let state: Shutdown['state'] = 'running';
  let result: Promise<number> | undefined;

  const end = async (reason: string, exitCode: number): Promise<number> => {
    state = 'ending';
    log.info({}, `ending: ${reason}`);
    const deadline = performance.now() + limitMs;
    let failed = false;
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      try {
        // Every step after a hanging one still gets a moment, so that it can at least begin.
        const left = Math.max(200, deadline - performance.now());
        await within(Promise.resolve(step.close()), left, step.name);
      } catch (error) {
        failed = true;
        log.error({ err: error }, `could not end ${step.name}`);
      }
    }
    state = 'ended';
    log.info({}, 'ended');
    return failed ? Math.max(1, exitCode) : exitCode;
  };

  return {
    add(name, close) {
      steps.push({ name, close });
    },
    run(reason, exitCode) {
      result ??= end(reason, exitCode);
      return result;
    },
    get state() {
      return state;
    },
  };
}

async function within(task: Promise<void>, ms: number, name: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} did not end in ${Math.round(ms)} ms`)), ms);
  });
  try {
    await Promise.race([task, late]);
  } finally {
    clearTimeout(timer);
  }
}
