/**
 * The player in a page of your own, as a module with types. `player.js`, `player.d.ts` and the
 * folder `player/` are copies from the gateway, side by side; or let `paths` of tsconfig.json map the
 * gateway's address to `player.d.ts`: docs/player.md.
 */
import { AmsPlayerElement, type PlaybackError } from './player.js';

/** Shows a lesson in `place`, and says in `line` what is going on. */
export function showLesson(place: HTMLElement, line: HTMLElement, name: string): AmsPlayerElement {
  const player = new AmsPlayerElement();
  player.setAttribute('server', 'https://media.example');
  player.src = `${name}?user=u&token=t`;
  player.controls = true;
  player.autoplay = true;
  player.addEventListener('statechange', ({ detail }) => {
    line.textContent = `${detail.before} → ${detail.state}`;
  });
  player.addEventListener('transportchange', ({ detail: { transport, reason } }) => {
    line.textContent = `${transport}: ${reason}`;
  });
  player.addEventListener('error', (event) => {
    const { code, message } = event.error as PlaybackError;
    line.textContent = `${code}: ${message}`;
  });
  place.replaceChildren(player);
  return player;
}

/** The delay that the viewer sees, seconds, and a picture of this moment. */
export async function look(): Promise<[number | undefined, Blob | undefined]> {
  const player = document.querySelector('ams-player');
  return [player?.delay, await player?.snapshot()];
}
