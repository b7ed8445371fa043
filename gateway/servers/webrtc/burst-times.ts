import type { Frame } from './frame.ts';

/** Ticks (90 kHz) between frames of a burst, whose real times lie in the past. */
const BURST_TICKS = 45;

/**
 * RTP time stamps for frames that are sent at once, close together in time, so that the decoder
 * runs through them and stands at the live edge. They end with the newest one's own and keep
 * rising from `after`, whatever was sent before.
 */
export const burstTimes = (frames: readonly Frame[], after: number): number[] => {
  const newest = frames.at(-1);
  if (newest === undefined) return [];
  const steps = frames.length - 1;
  const first = Math.max(after + 1, newest.timestamp - steps * BURST_TICKS);
  const step = Math.max(1, Math.floor((newest.timestamp - first) / Math.max(1, steps)));
  return frames.map((_, index) =>
    index < steps ? first + index * step : Math.max(newest.timestamp, first + steps * step),
  );
};
