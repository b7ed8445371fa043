/**
 * Resolves once the condition holds; for what nobody announces. Looks each turn of the event loop
 * at first, then every few milliseconds; rejects when the time is up.
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (let turn = 0; !(await holds()); turn++) {
    if (performance.now() > deadline) {
      throw new Error(`it did not come true in ${timeoutMs} ms: ${holds.toString()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(turn, 10)));
  }
}
