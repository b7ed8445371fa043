/** The list of what is live, with pictures, to choose from. */
import { h, setText } from '../ui/dom.ts';
import { drawFacts } from './facts.ts';
import { LivePictures } from './live-picture.ts';
import type { PageMessages } from './page-messages.ts';
import { formatOf, type LiveStream } from './streams.ts';

/** With more streams than this there is a field to find one. */
const FEW = 8;
/** Streams that are shown at most; the others are found by their names. */
const MOST = 60;

interface Entry {
  readonly item: HTMLElement;
  readonly link: HTMLElement;
  readonly picture: HTMLElement;
  readonly facts: HTMLElement;
}

export class StreamList {
  readonly element = h('ul', { class: 'streams' });
  readonly search = h('input', { type: 'search', hidden: true, maxlength: '128' });
  readonly more = h('p', { class: 'hint' });
  readonly pictures = new LivePictures();
  readonly #choose: (name: string) => void;
  /** Entries are kept and changed, so that focus stays where it is. */
  readonly #entries = new Map<string, Entry>();
  #draw: (() => void) | undefined;

  constructor(choose: (name: string) => void) {
    this.#choose = choose;
    this.search.addEventListener('input', () => this.#draw?.());
  }

  draw(streams: readonly LiveStream[], playing: string | undefined, messages: PageMessages): void {
    this.#draw = () => this.draw(streams, playing, messages);
    this.search.hidden = streams.length <= FEW && this.search.value === '';
    this.search.placeholder = messages.findStream;
    this.search.setAttribute('aria-label', messages.findStream);
    const wanted = this.search.value.trim().toLowerCase();
    const found = streams.filter(({ name }) => name.toLowerCase().includes(wanted));
    const shown = found.slice(0, MOST);
    setText(this.more, found.length > MOST ? messages.moreStreams(found.length - MOST) : '');
    this.#forgetOthers(new Set(shown.map(({ name }) => name)));
    shown.forEach((stream, at) => {
      const { item, link, facts } = this.#entry(stream.name);
      drawFacts(facts, [messages.viewers(stream.viewers), ...formatOf(stream)]);
      link.classList.toggle('warned', stream.warnings.length > 0);
      if (stream.name === playing) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
      if (this.element.children[at] !== item) {
        this.element.insertBefore(item, this.element.children[at] ?? null);
      }
    });
  }

  #forgetOthers(names: ReadonlySet<string>): void {
    for (const [name, { item, picture }] of this.#entries) {
      if (names.has(name)) continue;
      this.pictures.forget(picture);
      item.remove();
      this.#entries.delete(name);
    }
  }

  #entry(name: string): Entry {
    const known = this.#entries.get(name);
    if (known !== undefined) return known;
    const picture = this.pictures.of(name);
    const facts = h('span', { class: 'facts' });
    const link = h(
      'a',
      { href: `#${encodeURIComponent(name)}` },
      picture,
      h('span', { class: 'name', dir: 'auto' }, name),
      facts,
    );
    link.addEventListener('click', (event) => {
      event.preventDefault();
      this.#choose(name);
    });
    const entry = { item: h('li', {}, link), link, picture, facts };
    this.#entries.set(name, entry);
    return entry;
  }
}
