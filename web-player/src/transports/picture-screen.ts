/** Shows decoded frames on a canvas, each when it is due, and none that is overtaken by the next. */

/** Frames that wait; a decoder may stop when too many of its frames are kept. */
const MAX_WAITING = 12;
/** A frame due this soon is drawn now: the screen is refreshed no more often. Milliseconds. */
const SOON = 4;
/** From drawing to the screen: one refresh. Milliseconds. */
const REFRESH = 1000 / 60;

export class PictureScreen {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #drawn: () => void;
  #waiting: { frame: VideoFrame; due: number }[] = [];
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
    const last = this.#waiting.at(-1);
    return last === undefined ? 0 : Math.max(0, last.due - performance.now());
  }

  /** The frame shown last: its pts in ms, and when, in ms since 1970. */
  get last(): { readonly pts: number; readonly presentedAt: number } | undefined {
    return this.#last;
  }

  /** Takes a frame over and shows it at `due` (by `performance.now()`), or now when that is past. */
  show(frame: VideoFrame, due: number): void {
    this.#waiting.push({ frame, due });
    while (this.#waiting.length > MAX_WAITING) this.#drop();
    this.#advance();
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const { frame } of this.#waiting) frame.close();
    this.#waiting = [];
  }

  #advance(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    // Of all that is due, only the newest is worth drawing; of all in a hidden tab, too.
    while (
      this.#waiting.length > 1 &&
      ((this.#waiting[1]?.due ?? Infinity) <= now + SOON || document.hidden)
    ) {
      this.#drop();
    }
    const first = this.#waiting[0];
    if (first === undefined) return;
    if (first.due <= now + SOON) {
      this.#waiting.shift();
      this.#draw(first.frame);
      this.#advance();
    } else {
      this.#timer = setTimeout(() => this.#advance(), first.due - now - SOON / 2);
    }
  }

  #drop(): void {
    this.#waiting.shift()?.frame.close();
    if (!document.hidden) this.#dropped += 1;
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
