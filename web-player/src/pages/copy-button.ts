/** A button that puts a text on the clipboard and says so. */
import { h } from '../ui/dom.ts';
import type { PageMessages } from './page-messages.ts';

export function copyButton(
  text: () => string,
  messages: PageMessages,
  about: string,
): HTMLButtonElement {
  const label = h('span', { 'aria-live': 'polite' }, messages.copy);
  const button = h(
    'button',
    { type: 'button', class: 'copy', 'aria-label': `${messages.copy}: ${about}` },
    label,
  );
  let timer: ReturnType<typeof setTimeout>;
  button.addEventListener('click', () => {
    copy(text()).then(
      () => {
        label.textContent = messages.copied;
        clearTimeout(timer);
        timer = setTimeout(() => (label.textContent = messages.copy), 1600);
      },
      () => undefined,
    );
  });
  return button;
}

/** Pages over plain HTTP have no clipboard object; there the old command serves. */
async function copy(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = h('textarea', { class: 'off-screen', readonly: true });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) throw new Error('The browser refused to copy.');
}
