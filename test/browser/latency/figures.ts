import { PATTERN_NUMBERS } from './frame-pattern.ts';

export interface SentFrame {
  readonly number: number;
  /** When it went into the publisher's socket, ms since 1970. */
  readonly at: number;
}

export interface ShownFrame {
  readonly number: number;
  /** When it was on screen, ms since 1970. */
  readonly at: number;
}

/** A frame that was shown, with its delay in ms. */
export interface DelayedFrame {
  readonly at: number;
  readonly delay: number;
  /** Its place in the order of sending. */
  readonly index: number;
}

/** No frame is later than this; beyond it, numbers could be mistaken for those of another round. */
const MOST_DELAY = 20_000;

/** Finds for every shown frame when it was sent: the last time before, with the same number. */
export function delaysOf(sent: readonly SentFrame[], shown: readonly ShownFrame[]): DelayedFrame[] {
  const byNumber = new Map<number, number[]>();
  sent.forEach(({ number }, index) => {
    const key = number % PATTERN_NUMBERS;
    byNumber.set(key, [...(byNumber.get(key) ?? []), index]);
  });
  return shown.flatMap(({ number, at }) => {
    const index = byNumber.get(number)?.findLast((one) => (sent[one]?.at ?? Infinity) <= at);
    const frame = index === undefined ? undefined : sent[index];
    if (frame === undefined || index === undefined || at - frame.at > MOST_DELAY) return [];
    return [{ at, delay: at - frame.at, index }];
  });
}

export interface DelayFigures {
  readonly frames: number;
  readonly p50: number;
  readonly p95: number;
  readonly worst: number;
  /** Frames sent between the first and last of those shown that were never shown. */
  readonly lost: number;
}

/** Sums up the frames that were shown from `from` until `to`, ms since 1970. */
export function summary(
  frames: readonly DelayedFrame[],
  from = -Infinity,
  to = Infinity,
): DelayFigures {
  const within = frames.filter(({ at }) => at >= from && at <= to);
  const delays = within.map(({ delay }) => delay).sort((a, b) => a - b);
  const at = (share: number) => delays[Math.max(0, Math.ceil(share * delays.length) - 1)] ?? NaN;
  const indexes = new Set(within.map(({ index }) => index));
  const first = Math.min(...indexes);
  const last = Math.max(...indexes);
  const expected = indexes.size === 0 ? 0 : last - first + 1;
  return {
    frames: within.length,
    p50: at(0.5),
    p95: at(0.95),
    worst: delays.at(-1) ?? NaN,
    lost: expected - indexes.size,
  };
}

/**
 * How much later (positive) or earlier the sound is than its picture, ms: the median over beeps,
 * each compared with the nearest frame that belongs to a beep (those at full seconds).
 */
export function soundOffset(
  heard: readonly number[],
  shown: readonly ShownFrame[],
  fps: number,
): number | undefined {
  const marks = shown.filter(({ number }) => number % fps === 0);
  const offsets = heard
    .map((at) =>
      nearest(
        at,
        marks.map((mark) => mark.at),
      ),
    )
    .filter((offset) => Math.abs(offset) < 400)
    .sort((a, b) => a - b);
  return offsets[Math.floor(offsets.length / 2)];
}

function nearest(at: number, marks: readonly number[]): number {
  return marks.reduce(
    (best, mark) => (Math.abs(at - mark) < Math.abs(best) ? at - mark : best),
    Infinity,
  );
}

/**
 * How long after `end` (ms since 1970) the delay came back to `limit` ms and stayed there for a
 * second; `undefined` when it did not.
 */
export function recovery(
  frames: readonly DelayedFrame[],
  end: number,
  limit: number,
): number | undefined {
  const after = frames.filter(({ at }) => at >= end);
  let since: number | undefined;
  for (const { at, delay } of after) {
    if (delay > limit) since = undefined;
    else since ??= at;
    if (since !== undefined && at - since >= 1000) return Math.max(0, since - end);
  }
  return undefined;
}
