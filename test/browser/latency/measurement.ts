import type { Browser } from 'playwright-core';
import { setTimeout as wait } from 'node:timers/promises';
import { delaysOf, soundOffset, summary, type DelayFigures } from './figures.ts';
import type { NumberedMedia } from './numbered-media.ts';
import type { NumberedPublisher } from './numbered-publisher.ts';
import { openViewer, type ViewerNotes } from './viewer.ts';

export interface Measurement extends DelayFigures {
  /** From the page's first sight of the player to the first frame on screen, ms. */
  readonly firstFrame: number;
  /** Sound later (positive) or earlier than the picture, ms. */
  readonly soundOffset: number | undefined;
  readonly notes: ViewerNotes;
  /** Every frame's delay, ms, in the order of showing, from the time that counts. */
  readonly delays: readonly number[];
}

export interface MeasurementOptions {
  readonly browser: Browser;
  readonly url: string;
  readonly media: NumberedMedia;
  readonly publisher: NumberedPublisher;
  /** How long to watch, and how much of its beginning is the start and does not count, seconds. */
  readonly seconds: number;
  readonly settle: number;
  /** Whether to measure the sound, which costs a video element some of its delay. */
  readonly sound?: boolean;
}

/** Watches a stream for a while, joined 0.4 s after a key frame, and sums up what was shown when. */
export async function measure(options: MeasurementOptions): Promise<Measurement> {
  const { browser, url, media, publisher, seconds, settle, sound = false } = options;
  await afterKeyFrame(publisher, media.fps, 400);
  const viewer = await openViewer(browser, url, { sound });
  try {
    await wait(seconds * 1000);
    const notes = await viewer.read();
    const frames = delaysOf(publisher.sent, notes.shown);
    const from = notes.startedAt + settle * 1000;
    return {
      ...summary(frames, from),
      firstFrame: (notes.shown[0]?.at ?? NaN) - notes.startedAt,
      soundOffset: soundOffset(notes.heard, notes.shown, media.fps),
      notes,
      delays: frames.filter(({ at }) => at >= from).map(({ delay }) => delay),
    };
  } finally {
    await viewer.close();
  }
}

/** Resolves `milliseconds` after a key frame was sent: what a joiner meets is then always the same. */
export async function afterKeyFrame(
  publisher: NumberedPublisher,
  fps: number,
  milliseconds: number,
): Promise<void> {
  const number = publisher.sent.at(-1)?.number ?? 0;
  await wait(((fps - (number % fps)) * 1000) / fps + milliseconds);
}
