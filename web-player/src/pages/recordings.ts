/** The files of the media library, newest first, a page at a time. */
import type { LibraryFile, LibraryList } from '../../../shared/library-list.ts';
import { h, setText } from '../ui/dom.ts';
import { clockTime } from '../ui/time.ts';
import { drawFacts } from './facts.ts';
import type { PageMessages } from './page-messages.ts';

const PAGE = 12;
const SAMPLE = '1.mp4';
/** What a browser plays; everything else is offered as a file. */
const PLAYABLE = /^(video\/(mp4|webm|quicktime)|audio\/)/;

export class Recordings {
  readonly element = h('section', { class: 'card', hidden: true });
  readonly #title = h('h2');
  readonly #list = h('ul', { class: 'programs' });
  readonly #more = h('button', { type: 'button', class: 'quiet more' });
  readonly #choose: (name: string) => void;
  #files: LibraryFile[] = [];
  #total = 0;
  #messages: PageMessages | undefined;

  constructor(choose: (name: string) => void) {
    this.#choose = choose;
    this.element.append(this.#title, this.#list, this.#more);
    this.#more.addEventListener('click', () => void this.#load());
  }

  /** Asks the gateway for the first page. */
  offer(): Promise<void> {
    return this.#load();
  }

  /** The file of that name, if it has been shown. */
  find(name: string | undefined): LibraryFile | undefined {
    return this.#files.find((file) => file.name === name);
  }

  draw(messages: PageMessages): void {
    this.#messages = messages;
    this.element.hidden = this.#files.length === 0;
    setText(this.#title, messages.recordings);
    this.#list.replaceChildren(...this.#files.map((file) => this.#item(file, messages)));
    this.#more.hidden = this.#files.length >= this.#total;
    setText(this.#more, messages.moreRecordings(this.#total - this.#files.length));
  }

  async #load(): Promise<void> {
    this.#more.disabled = true;
    try {
      const query = `offset=${this.#files.length}&limit=${PAGE}`;
      const headers = { accept: 'application/json' };
      const response = await fetch(`/control/files?${query}`, { headers });
      if (!response.ok) return;
      const { total, files } = (await response.json()) as LibraryList;
      // Where a recording was added meanwhile, the last page's end comes again.
      const known = new Set(this.#files.map(({ name }) => name));
      const first = this.#files.length;
      this.#files.push(...files.filter(({ name }) => !known.has(name)));
      this.#total = files.length === 0 ? this.#files.length : total;
      if (this.#messages !== undefined) this.draw(this.#messages);
      if (first > 0) this.#list.children[first]?.querySelector('a')?.focus();
    } catch {
      // The gateway is away, and the page says so elsewhere.
    } finally {
      this.#more.disabled = false;
    }
  }

  #item(file: LibraryFile, messages: PageMessages): HTMLElement {
    const { name, url, type, poster, duration, state } = file;
    const playable = state === 'ready' && PLAYABLE.test(type);
    const badge =
      state !== 'ready' ? messages.fileStates[state] : duration === null ? '' : clockTime(duration);
    const facts = h('span', { class: 'facts' });
    drawFacts(facts, name === SAMPLE ? [name] : factsOf(file));
    const content = [
      h(
        'span',
        { class: 'picture' },
        poster === null ? '' : h('img', { src: poster, alt: '', loading: 'lazy' }),
        badge === '' ? '' : h('span', { class: 'length' }, badge),
      ),
      h('span', { class: 'name', dir: 'auto', title: name }, ...pieces(titleOf(file, messages))),
      facts,
    ];
    if (state !== 'ready') return h('li', {}, h('span', { class: 'program' }, ...content));
    const href = playable ? `#${encodeURIComponent(name)}` : url;
    const link = h('a', { class: 'program', href, download: !playable }, ...content);
    if (playable) {
      link.addEventListener('click', (event) => {
        event.preventDefault();
        this.#choose(name);
        scrollTo({ top: 0, behavior: 'smooth' });
      });
    }
    return h('li', {}, link);
  }
}

/** What a file is called for people. */
export function titleOf({ name }: LibraryFile, messages: PageMessages): string {
  return name === SAMPLE ? messages.sample : name.replace(/\.mp4$/i, '');
}

/** A recording's name is its stream's and its time, joined by `_`: a line breaks between them, if anywhere. */
function pieces(title: string): Node[] {
  return title.split(/(?<=_)/).map((piece) => h('span', { class: 'piece' }, piece));
}

/** When it was recorded, and how large it is. */
export function factsOf({ modified, size }: LibraryFile): string[] {
  const { lang } = document.documentElement;
  // English dates as the visitor's country writes them.
  const locale = navigator.language.startsWith(lang.slice(0, 2)) ? navigator.language : lang;
  const date = new Date(modified).toLocaleString(locale, {
    dateStyle: 'medium',
    timeStyle: 'short',
  });
  return [date, fileSize(size)];
}

function fileSize(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
