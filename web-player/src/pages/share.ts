/** The addresses of one stream, to copy or to scan. */
import { h } from '../ui/dom.ts';
import { copyButton } from './copy-button.ts';
import type { PageMessages } from './page-messages.ts';
import { qrSvg } from './qr-svg.ts';
import { watchLinks, type GatewayAddresses } from './watch-links.ts';

export function drawShare(
  section: HTMLElement,
  name: string,
  addresses: GatewayAddresses,
  messages: PageMessages,
): void {
  const links = watchLinks(name, addresses);
  const rows = links.map(({ kind, text }) => {
    const label = messages.links[kind];
    const value = kind === 'page' ? h('a', { href: text }, text) : h('code', {}, text);
    return h(
      'div',
      { class: 'link' },
      h('dt', {}, label),
      h('dd', {}, value),
      copyButton(() => text, messages, label),
    );
  });
  const page = links[0]?.text ?? '';
  section.replaceChildren(
    h('h2', {}, messages.share),
    h(
      'div',
      { class: 'columns' },
      h('dl', { class: 'links' }, ...rows),
      h('figure', {}, qrSvg(page, messages.qrCode), h('figcaption', {}, messages.qrHint)),
    ),
  );
}
