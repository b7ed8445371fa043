/** `/player/NAME`: the player alone, filling the page, for a link or a frame in another page. */
import { h } from '../ui/dom.ts';
import { nameInPath, openPage } from './page.ts';

const name = nameInPath();
openPage('watch', name);

const player = h('ams-player', { controls: true, autoplay: true });
const wish = new URLSearchParams(location.search);
for (const attribute of ['transport', 'target-delay', 'muted', 'poster', 'report']) {
  const value = wish.get(attribute);
  if (value === null) continue;
  player.setAttribute(attribute, value);
  wish.delete(attribute);
}
wish.delete('lang');
// What is left are the viewer's arguments, which the gateway passes on to callbacks.
const query = wish.size === 0 ? '' : `?${wish.toString()}`;
// What is no name is no source either; the player says so.
player.setAttribute('src', (name ?? '?') + query);
document.querySelector('main')?.append(player);
