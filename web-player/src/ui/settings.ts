/** The menu for the connection, the speed of a file, and the statistics panel. */
import type { PlayerMessages } from '../i18n/player-messages.ts';
import { h } from './dom.ts';
import type { PlayerActions, PlayerView } from './view.ts';

const RATES = [0.5, 0.75, 1, 1.25, 1.5, 2];

export interface SettingsMenu {
  readonly element: HTMLElement;
  readonly open: boolean;
  show(view: PlayerView, messages: PlayerMessages, statisticsShown: boolean): void;
  hide(): void;
}

/** `chosen` is called when an item was activated and the menu has gone. */
export function makeSettings(
  actions: PlayerActions,
  toggleStatistics: () => void,
  chosen: () => void,
): SettingsMenu {
  const element = h('div', { class: 'menu', part: 'menu', role: 'menu', hidden: true });

  const close = () => {
    element.hidden = true;
  };
  const item = (label: string, checked: boolean, act: () => void, role = 'menuitemradio') => {
    const button = h('button', { type: 'button', role, 'aria-checked': String(checked) }, label);
    button.addEventListener('click', () => {
      close();
      chosen();
      act();
    });
    return button;
  };
  const group = (label: string, ...items: Node[]) => {
    const heading = h('p', { 'aria-hidden': 'true' }, label);
    return h('div', { role: 'group', 'aria-label': label }, heading, ...items);
  };

  element.addEventListener('keydown', (event) => {
    const items = [...element.querySelectorAll<HTMLButtonElement>('button:not(:disabled)')];
    const root = element.getRootNode() as ShadowRoot;
    const index = items.indexOf(root.activeElement as HTMLButtonElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    items.at((index + step) % items.length)?.focus();
  });

  return {
    element,
    get open() {
      return !element.hidden;
    },
    show(view, messages, statisticsShown) {
      const groups: Node[] = [];
      if (view.kind === 'live') {
        groups.push(
          group(
            messages.connection,
            item(messages.automatic, view.chosen === 'auto', () => actions.choose('auto')),
            ...view.possible.map((name) =>
              item(messages.transports[name], view.chosen === name, () => actions.choose(name)),
            ),
          ),
        );
      } else {
        groups.push(
          group(
            messages.speed,
            ...RATES.map((rate) =>
              item(`${rate}×`, view.rate === rate, () => actions.setRate(rate)),
            ),
          ),
        );
      }
      if (view.kind === 'live') {
        groups.push(
          item(messages.statistics, statisticsShown, toggleStatistics, 'menuitemcheckbox'),
        );
      }
      element.setAttribute('aria-label', messages.settings);
      element.replaceChildren(...groups);
      element.hidden = false;
      element.querySelector<HTMLButtonElement>('[aria-checked=true]')?.focus();
    },
    hide: close,
  };
}
