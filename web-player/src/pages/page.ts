/** What all pages have: their language, their theme, and the bar at the top. */
import { languageOf, type Language } from '../i18n/language.ts';
import { isStreamName } from '../playback/source.ts';
import { h } from '../ui/dom.ts';
import { pageMessages, type PageMessages } from './page-messages.ts';

export interface Page {
  readonly language: Language;
  readonly messages: PageMessages;
  /** Calls `draw` now and whenever the language changes. */
  onLanguage(draw: (messages: PageMessages) => void): void;
}

const LANGUAGE_KEY = 'ams-language';
const THEME_KEY = 'ams-theme';

/** Sets language and theme, and fills the `<header>` of the page if there is one. */
export function openPage(title: keyof PageMessages['titles'], name?: string): Page {
  const wish = new URLSearchParams(location.search).get('lang');
  let language = languageOf(wish ?? remembered(LANGUAGE_KEY) ?? navigator.language);
  const draws: ((messages: PageMessages) => void)[] = [];

  const applyLanguage = () => {
    const messages = pageMessages[language];
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    const own = messages.titles[title];
    document.title = name === undefined ? own : `${name} · ${own}`;
    for (const draw of draws) draw(messages);
  };
  const theme = remembered(THEME_KEY);
  if (theme !== null) document.documentElement.dataset.theme = theme;

  const header = document.querySelector('header');
  if (header !== null) {
    draws.push((messages) => {
      drawHeader(header, messages, () => {
        language = language === 'en' ? 'zh' : 'en';
        remember(LANGUAGE_KEY, language);
        applyLanguage();
      });
    });
  }
  applyLanguage();

  return {
    get language() {
      return language;
    },
    get messages() {
      return pageMessages[language];
    },
    onLanguage(draw) {
      draws.push(draw);
      draw(pageMessages[language]);
    },
  };
}

function drawHeader(header: HTMLElement, messages: PageMessages, switchLanguage: () => void): void {
  const language = h('button', { type: 'button', class: 'quiet' }, messages.otherLanguage);
  language.addEventListener('click', switchLanguage);
  const theme = h('button', {
    type: 'button',
    class: 'quiet theme',
    'aria-label': messages.theme,
    title: messages.theme,
  });
  theme.addEventListener('click', switchTheme);
  header.replaceChildren(
    h('a', { href: '/', class: 'brand' }, h('i', { 'aria-hidden': 'true' }), 'AMS Gateway'),
    h('nav', {}, h('a', { href: '/stat' }, messages.status), language, theme),
  );
}

function switchTheme(): void {
  const root = document.documentElement;
  const dark =
    root.dataset.theme === undefined
      ? matchMedia('(prefers-color-scheme: dark)').matches
      : root.dataset.theme === 'dark';
  root.dataset.theme = dark ? 'light' : 'dark';
  remember(THEME_KEY, root.dataset.theme);
}

/** Storage may be forbidden, as in an embedded page; then every visit is the first. */
function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Not remembered, then.
  }
}

/** The stream's name at the end of this page's path; `undefined` when it is none. */
export function nameInPath(): string | undefined {
  try {
    const name = decodeURIComponent(location.pathname.split('/').filter(Boolean).at(-1) ?? '');
    return isStreamName(name) ? name : undefined;
  } catch {
    return undefined;
  }
}
