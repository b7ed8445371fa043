/** What a stream's publisher should mend, with the settings that do it. */
import type { StatWarning } from '../../../shared/stat.ts';
import { h } from '../ui/dom.ts';
import type { PageMessages } from './page-messages.ts';

/** Fills `list`, unless it says the same already: screen readers announce every change. */
export function drawWarnings(
  list: HTMLElement,
  warnings: readonly StatWarning[],
  { warnings: words, encoderLabel }: PageMessages,
): void {
  // A gateway that is newer than this page may warn of more.
  const known = warnings.flatMap((code) => words[code] ?? []);
  const said = known.map(({ what }) => what).join('\n');
  if (list.dataset.said === said) return;
  list.dataset.said = said;
  list.replaceChildren(
    ...known.map(({ what, obs, ffmpeg }) =>
      h(
        'li',
        {},
        h('strong', {}, what),
        h('span', {}, encoderLabel('OBS'), obs),
        h('span', {}, encoderLabel('ffmpeg'), h('code', {}, ffmpeg)),
      ),
    ),
  );
}
