/** Facts beside each other, which are kept whole where a line ends. */
import { h } from '../ui/dom.ts';

/** Shows the facts that are not empty, unless it shows them already. */
export function drawFacts(element: Element, facts: readonly string[]): void {
  const said = facts.filter((fact) => fact !== '');
  const pieces = [...element.children];
  if (said.length === pieces.length && said.every((fact, at) => pieces[at]?.textContent === fact))
    return;
  // The spaces part the words for those who hear or copy them.
  element.replaceChildren(...said.flatMap((fact) => [h('span', {}, fact), ' ']));
}
