/**
 * How long to wait before connection attempt number `attempt` (0 is the first one after a loss), in
 * milliseconds: it grows by half each time from 0.3 s to 8 s, so that a gateway that was away for some
 * seconds is found soon after; `random` (0 to 1) spreads it over 50 % to 100 %, so that a class of
 * viewers does not come back in one instant.
 */
export function backoffDelay(attempt: number, random: number): number {
  const full = Math.min(8000, 300 * 1.5 ** Math.min(attempt, 10));
  return Math.round(full * (0.5 + random / 2));
}
