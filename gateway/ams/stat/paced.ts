/**
 * Makes a costly value when it is asked for, and hands it out again to those who ask soon after.
 *
 * @param rest how long a value is used, ms; 0: never again
 * @param clock monotonic ms
 */
export function paced<T>(make: () => T, rest: () => number, clock: () => number): () => T {
  let last: { readonly value: T; readonly until: number } | undefined;
  return () => {
    const now = clock();
    if (last === undefined || now >= last.until) last = { value: make(), until: now + rest() };
    return last.value;
  };
}
