/** What the publisher's own browser says of what it sends. */
import { h } from '../ui/dom.ts';
import { bitRate, roundSeconds } from '../ui/time.ts';
import type { PageMessages } from './page-messages.ts';
import type { PublishFigures } from './whip-publisher.ts';

export function drawFigures(
  list: HTMLElement,
  now: PublishFigures | undefined,
  { figures: labels, seconds }: PageMessages,
): void {
  if (now === undefined) {
    list.replaceChildren();
    return;
  }
  const { keyFrameInterval: interval } = now;
  const rows = [
    [labels.bitRate, bitRate(now.bitsPerSecond)],
    [labels.frameRate, `${Math.round(now.framesPerSecond)} fps`],
    [labels.size, `${now.width} × ${now.height}`],
    [labels.loss, `${(now.loss * 100).toFixed(1)} %`],
    [labels.keyFrames, interval === undefined ? '–' : seconds(roundSeconds(interval))],
    [labels.roundTrip, `${Math.round(now.roundTrip)} ms`],
  ] as const;
  list.replaceChildren(...rows.flatMap(([key, value]) => [h('dt', {}, key), h('dd', {}, value)]));
}
