/** The addresses of one stream or file, to copy or to scan. */
import { h } from '../ui/dom.ts';
import { copyButton } from './copy-button.ts';
import type { PageMessages } from './page-messages.ts';
import { qrSvg } from './qr-svg.ts';
import { readable, watchLinks, type GatewayAddresses, type LinkKind } from './watch-links.ts';

/**
 * @param kinds what is shown of them; all, unless said otherwise
 */
export function drawShare(
  section: HTMLElement,
  name: string,
  addresses: GatewayAddresses,
  messages: PageMessages,
  { title = messages.share, kinds }: { title?: string; kinds?: readonly LinkKind[] } = {},
): void {
  const links = watchLinks(name, addresses).filter(({ kind }) => kinds?.includes(kind) ?? true);
  const rows = links.map(({ kind, text }) => {
    const label = messages.links[kind];
    const shown = { title: text, dir: 'ltr' };
    const value =
      kind === 'page'
        ? h('a', { href: text, target: '_blank', ...shown }, readable(text))
        : h('code', shown, readable(text));
    return h(
      'div',
      { class: 'link' },
      h('dt', {}, label),
      h('dd', {}, value),
      h(
        'dd',
        {},
        copyButton(() => text, messages, label),
      ),
    );
  });
  const page = links.find(({ kind }) => kind === 'page')?.text ?? '';
  section.replaceChildren(
    h('h2', {}, title),
    h(
      'div',
      { class: 'columns' },
      h('dl', { class: 'links' }, ...rows),
      h(
        'figure',
        {},
        ...(isLocal(addresses.host)
          ? [h('figcaption', {}, messages.qrLocal)]
          : [qrSvg(page, messages.qrCode), h('figcaption', {}, messages.qrHint)]),
      ),
    ),
  );
}

/** Whether only this computer reaches the gateway by that name. */
function isLocal(host: string): boolean {
  return /^(localhost$|127\.|\[::1\]$)/.test(host);
}
