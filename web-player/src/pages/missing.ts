/** What is shown at an address where there is nothing. */
import { h } from '../ui/dom.ts';
import { openPage } from './page.ts';
import { readable } from './watch-links.ts';

const page = openPage('missing');
const main = document.querySelector('main') as HTMLElement;

page.onLanguage((messages) => {
  main.replaceChildren(
    h(
      'section',
      { class: 'card message' },
      h('h1', {}, messages.missing),
      h('p', {}, h('code', { dir: 'ltr' }, readable(location.pathname))),
      h('a', { class: 'button', href: '/' }, messages.home),
    ),
  );
});
