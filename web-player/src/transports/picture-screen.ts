/** Shows decoded frames on a canvas, each when it is due, and none that is overtaken by the next. */
import { DueQueue } from '../playback/due-queue.ts';

/**
 * Frames that wait, 0.3 s of them where there are 60 a second; a decoder may stop when too many of its
 * frames are kept.
 */
const MAX_WAITING = 18;
/** A frame due this soon is drawn now: the screen is refreshed no more often. Milliseconds. */
const SOON = 4;
/** From drawing to the screen: one refresh. Milliseconds. */
const REFRESH = 1000 / 60;

export class PictureScreen {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #drawn: () => void;
  readonly #waiting = new DueQueue<VideoFrame>(MAX_WAITING);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #shown = 0;
  #dropped = 0;
  #last: { pts: number; presentedAt: number } | undefined;

  constructor(canvas: HTMLCanvasElement, drawn: () => void) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d', { alpha: false, desynchronized: true });
    this.#drawn = drawn;
  }

  get shown(): number {
    return this.#shown;
  }

  /** Frames that were decoded and never shown. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Milliseconds until the last waiting frame is due. */
  get held(): number {
    return Math.max(0, (this.#waiting.end ?? -Infinity) - performance.now());
  }

  /** The frame shown last: its pts in ms, and when, in ms since 1970. */
  get last(): { readonly pts: number; readonly presentedAt: number } | undefined {
    return this.#last;
  }

  /** Takes a frame over and shows it at `due` (by `performance.now()`), or now when that is past. */
  show(frame: VideoFrame, due: number): void {
    this.#waiting.add(frame, due);
    this.#advance();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const frame of this.#waiting.clear()) frame.close();
  }

  #advance(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    // In a hidden tab, only the newest is worth keeping; and there, none is missed.
    if (document.hidden) for (const frame of this.#waiting.takeAllButLast()) frame.close();
    const { item, overtaken } = this.#waiting.take(now + SOON);
    for (const frame of overtaken) frame.close();
    this.#dropped += overtaken.length;
    if (item !== undefined) this.#draw(item);
    const { next } = this.#waiting;
    if (next === undefined) return;
    this.#timer = setTimeout(() => this.#advance(), next - now - SOON / 2);
  }

  #draw(frame: VideoFrame): void {
    const { displayWidth: width, displayHeight: height } = frame;
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    this.#context?.drawImage(frame, 0, 0, width, height);
    this.#last = {
      pts: frame.timestamp / 1000,
      presentedAt: performance.timeOrigin + performance.now() + REFRESH,
    };
    frame.close();
    this.#shown += 1;
    this.#drawn();
  }
}
