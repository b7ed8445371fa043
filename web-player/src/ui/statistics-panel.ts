/** The panel of figures for those who want to know. */
import { reasonSentence, type PlayerMessages } from '../i18n/player-messages.ts';
import { codecName } from './codec-name.ts';
import { h } from './dom.ts';
import { icon } from './icons.ts';
import { bitRate } from './time.ts';
import type { PlayerView } from './view.ts';

export interface StatisticsPanel {
  readonly element: HTMLElement;
  update(view: PlayerView, messages: PlayerMessages): void;
}

export function makeStatisticsPanel(closed: () => void): StatisticsPanel {
  const list = h('dl');
  const close = h('button', { type: 'button' }, icon('close'));
  close.addEventListener('click', closed);
  const element = h(
    'div',
    { class: 'statistics', part: 'statistics', hidden: true, role: 'group' },
    close,
    list,
  );
  const rate = new ByteRate();
  return {
    element,
    update(view, messages) {
      if (element.hidden) return;
      element.setAttribute('aria-label', messages.statistics);
      close.setAttribute('aria-label', messages.close);
      const bits = rate.observe(view.statistics?.bytesReceived, performance.now());
      const rows = rowsOf(view, messages, bits);
      list.replaceChildren(
        ...rows.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]),
      );
    },
  };
}

/** Bits a second between observations that are at least a second apart. */
class ByteRate {
  #at = 0;
  #bytes = 0;
  #rate: number | undefined;

  observe(bytes: number | undefined, now: number): number | undefined {
    if (bytes === undefined || bytes < this.#bytes) {
      this.#bytes = bytes ?? 0;
      this.#at = now;
      this.#rate = undefined;
    } else if (now - this.#at >= 1000) {
      this.#rate = ((bytes - this.#bytes) * 8000) / (now - this.#at);
      this.#bytes = bytes;
      this.#at = now;
    }
    return this.#rate;
  }
}

function rowsOf(
  view: PlayerView,
  messages: PlayerMessages,
  bits: number | undefined,
): [string, string][] {
  const { figures } = messages;
  const stats = view.statistics ?? {};
  const codecs = [stats.videoCodec, stats.audioCodec].filter((codec) => codec !== undefined);
  const milliseconds = (seconds: number) => `${Math.round(seconds * 1000)} ms`;
  const rows: [string, string | undefined][] = [
    [figures.transport, view.transport && messages.transports[view.transport]],
    [figures.reason, view.reason && reasonSentence(view.reason, messages)],
    [figures.impossible, sentences(view.impossible.map((name) => messages.impossible[name]))],
    [
      figures.delay,
      view.delayP50 === undefined
        ? undefined
        : `${milliseconds(view.delayP50)} (p95 ${milliseconds(view.delayP95 ?? 0)})`,
    ],
    [figures.codecs, codecs.map(codecName).join(', ') || undefined],
    [figures.size, stats.width ? `${stats.width} × ${stats.height}` : undefined],
    [
      figures.frames,
      stats.framesShown === undefined
        ? undefined
        : `${stats.framesShown}, ${figures.dropped(stats.framesDropped ?? 0)}`,
    ],
    [figures.buffer, stats.buffered === undefined ? undefined : milliseconds(stats.buffered)],
    [figures.bitRate, bits === undefined ? undefined : bitRate(bits)],
    [figures.rate, stats.rate === undefined ? undefined : `${stats.rate.toFixed(2)}×`],
    [figures.lost, stats.packetsLost?.toString()],
    [
      figures.roundTrip,
      stats.roundTrip === undefined ? undefined : `${Math.round(stats.roundTrip)} ms`,
    ],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

/** Different sentences, one after the other; `undefined` for none. */
function sentences(all: readonly string[]): string | undefined {
  return [...new Set(all)].join(' ') || undefined;
}
