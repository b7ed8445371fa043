/** How long a slice takes at most, ms, but for its last step: live media waits no longer. */
const SLICE_MS = 3;

/** Works that are under way, each with what tells its end. */
const works: (() => boolean)[] = [];

/**
 * Does work that comes in steps (a generator) in slices of a few ms, with everything else in between.
 * Works that are under way at the same time take turns.
 */
export function inSlices<T>(work: Generator<undefined, T>): Promise<T> {
  return new Promise((resolve, reject) => {
    works.push(() => {
      const until = performance.now() + SLICE_MS;
      try {
        do {
          const step = work.next();
          if (!step.done) continue;
          resolve(step.value);
          return true;
        } while (performance.now() < until);
        return false;
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
        return true;
      }
    });
    if (works.length === 1) setImmediate(turn);
  });
}

function turn(): void {
  const work = works[0]!;
  const isOver = work();
  works.shift();
  if (!isOver) works.push(work);
  if (works.length > 0) setImmediate(turn);
}
