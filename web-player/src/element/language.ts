/** The language of the page around an element, and when it changes. */
import { languageOf, type Language } from '../i18n/language.ts';

/** The language that an element is in: that of the nearest `lang`, or else the browser's. */
export function languageAround(element: Element): Language {
  const tagged = element.closest('[lang]');
  return languageOf(tagged?.getAttribute('lang') || navigator.language);
}

/** One observer of the page's language for all players. */
const listeners = new Set<() => void>();
new MutationObserver(() => {
  for (const listener of listeners) listener();
}).observe(document.documentElement, { attributes: true, attributeFilter: ['lang'] });

/** Calls back when the page's language, or the browser's, changes; until told to stop. */
export function onLanguageChange(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('languagechange', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('languagechange', listener);
  };
}
