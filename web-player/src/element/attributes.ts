/** The attributes of `<ams-player>`, as properties too where HTML's media elements do so. */
import type { PlayingWishes } from './playing.ts';

const ATTRIBUTES = [
  'src',
  'server',
  'transport',
  'target-delay',
  'controls',
  'autoplay',
  'muted',
  'poster',
  'report',
] as const;

export type AttributeName = (typeof ATTRIBUTES)[number];

/** The gateway that this script came from: where bare stream names are looked for. */
const scriptOrigin = new URL(import.meta.url).origin;

/** An element that has these attributes. */
export class AttributesElement extends HTMLElement {
  static readonly observedAttributes: readonly string[] = ATTRIBUTES;

  /** What is played: a stream's name, a file's name, or an address of either. */
  get src(): string {
    return this.getAttribute('src') ?? '';
  }

  set src(value: string) {
    this.setAttribute('src', value);
  }

  /** Transports that may be used, in order of preference; `auto` for all. */
  get transport(): string {
    return this.getAttribute('transport') ?? 'auto';
  }

  set transport(value: string) {
    this.setAttribute('transport', value);
  }

  /** Seconds of media to keep in hand; `undefined` leaves it to the transport. */
  get targetDelay(): number | undefined {
    const value = Number.parseFloat(this.getAttribute('target-delay') ?? '');
    return Number.isFinite(value) && value >= 0 ? value : undefined;
  }

  set targetDelay(value: number | undefined) {
    if (value === undefined) this.removeAttribute('target-delay');
    else this.setAttribute('target-delay', String(value));
  }

  get autoplay(): boolean {
    return this.hasAttribute('autoplay');
  }

  set autoplay(value: boolean) {
    this.toggleAttribute('autoplay', value);
  }

  get controls(): boolean {
    return this.hasAttribute('controls');
  }

  set controls(value: boolean) {
    this.toggleAttribute('controls', value);
  }
}

/** What an element's attributes say of what to play. */
export function wishesOf(element: AttributesElement): PlayingWishes {
  const { src, transport, targetDelay } = element;
  return {
    src,
    server: element.getAttribute('server') ?? scriptOrigin,
    transport,
    targetDelay,
    report: element.getAttribute('report') !== 'off',
  };
}
