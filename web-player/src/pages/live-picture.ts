/** A small picture of a live stream, renewed while it is seen. */
import { h } from '../ui/dom.ts';

/** How often a picture that is seen is renewed, ms. */
const INTERVAL = 15_000;

/** The pictures on the page; one is asked for at a time. */
export class LivePictures {
  /** When each picture was asked for, by `performance.now()`. */
  readonly #asked = new Map<HTMLElement, number>();
  readonly #names = new WeakMap<Element, string>();
  readonly #seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const element = target as HTMLElement;
      if (isIntersecting) this.#asked.set(element, this.#asked.get(element) ?? -INTERVAL);
      else this.#asked.delete(element);
    }
    void this.#renew();
  });
  #possible = false;
  #busy = false;

  constructor() {
    setInterval(() => void this.#renew(), 1000);
  }

  /** Begins to ask the gateway, which makes pictures. */
  offer(): void {
    this.#possible = true;
    void this.#renew();
  }

  /** A picture of the stream; a placeholder until there is one. */
  of(name: string): HTMLElement {
    const element = h('span', { class: 'picture', 'aria-hidden': 'true' });
    this.#names.set(element, name);
    this.#seen.observe(element);
    return element;
  }

  /** The picture is taken off the page. */
  forget(element: HTMLElement): void {
    this.#seen.unobserve(element);
    this.#asked.delete(element);
    letGo(element);
  }

  async #renew(): Promise<void> {
    if (!this.#possible || this.#busy || document.hidden) return;
    this.#busy = true;
    try {
      for (const [element, asked] of [...this.#asked]) {
        if (performance.now() - asked < INTERVAL) continue;
        this.#asked.set(element, performance.now());
        await this.#load(element);
      }
    } finally {
      this.#busy = false;
    }
  }

  async #load(element: HTMLElement): Promise<void> {
    const name = this.#names.get(element) ?? '';
    try {
      const response = await fetch(`/live/${encodeURIComponent(name)}/picture.jpg`);
      if (response.status !== 200) return;
      const url = URL.createObjectURL(await response.blob());
      letGo(element);
      element.replaceChildren(h('img', { src: url, alt: '' }));
    } catch {
      // The gateway is away, and the page says so elsewhere.
    }
  }
}

function letGo(element: HTMLElement): void {
  const url = element.querySelector('img')?.src;
  if (url !== undefined) URL.revokeObjectURL(url);
}
