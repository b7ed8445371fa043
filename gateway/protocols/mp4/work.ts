/**
 * Work that takes long for large files, in steps: whoever does it may let others go first after each
 * `yield`. Between two of them less than a millisecond passes.
 */
export type Work<T> = Generator<undefined, T>;

/** How many samples, or entries of a table, are worked off between two steps. */
const STEP = 4096;

/** Calls back for one part of a row of numbers after the other. */
export function* inSteps(
  first: number,
  last: number,
  act: (from: number, to: number) => void,
): Work<void> {
  for (let from = first; from < last; from += STEP) {
    act(from, Math.min(last, from + STEP));
    yield;
  }
}

/** Does all of it at once. */
export function finish<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}
