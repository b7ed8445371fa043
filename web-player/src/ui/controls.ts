/** The bar of controls below the picture. */
import type { PlayerMessages } from '../i18n/player-messages.ts';
import { h, setText } from './dom.ts';
import { icon, setIcon, type IconName } from './icons.ts';
import { clockTime, shortSeconds } from './time.ts';
import type { PlayerActions, PlayerView } from './view.ts';

export interface Controls {
  readonly element: HTMLElement;
  readonly settingsButton: HTMLButtonElement;
  update(view: PlayerView, messages: PlayerMessages): void;
}

export function makeControls(actions: PlayerActions, toggleSettings: () => void): Controls {
  const play = makeButton('play', 'play', () => actions.togglePlay());
  const mute = makeButton('mute', 'sound', () => actions.setMuted(!current?.muted));
  const settings = makeButton('settings', 'settings', toggleSettings);
  settings.button.setAttribute('aria-haspopup', 'true');
  settings.button.setAttribute('aria-expanded', 'false');
  const snapshot = makeButton('snapshot', 'snapshot', () => actions.saveSnapshot());
  const pip = makeButton('pip', 'pip', () => actions.togglePictureInPicture());
  const fullscreen = makeButton('fullscreen', 'fullscreen', () => actions.toggleFullscreen());

  const volume = h('input', { type: 'range', min: '0', max: '1', step: '0.05', class: 'volume' });
  volume.setAttribute('part', 'volume');
  volume.addEventListener('input', () => actions.setVolume(volume.valueAsNumber));

  const liveText = h('span');
  const delayText = h('span', { class: 'delay' });
  const live = h(
    'button',
    { type: 'button', class: 'live', part: 'live' },
    h('i', { 'aria-hidden': 'true' }),
    liveText,
    delayText,
  );
  live.addEventListener('click', () => actions.goLive());

  const seek = h('input', { type: 'range', min: '0', step: '0.1', class: 'seek', part: 'seek' });
  let seeking = false;
  seek.addEventListener('input', () => {
    seeking = true;
    setText(time, timeText(seek.valueAsNumber, current?.duration ?? 0));
  });
  seek.addEventListener('change', () => {
    seeking = false;
    actions.seek(seek.valueAsNumber);
  });
  const time = h('span', { class: 'time', part: 'time' });

  const element = h(
    'div',
    { class: 'controls', part: 'controls' },
    seek,
    play.button,
    mute.button,
    volume,
    live,
    time,
    h('span', { class: 'space' }),
    snapshot.button,
    settings.button,
    pip.button,
    fullscreen.button,
  );
  let current: PlayerView | undefined;

  return {
    element,
    settingsButton: settings.button,
    update(view, messages) {
      current = view;
      const file = view.kind === 'file';
      play.show(view.paused ? 'play' : 'pause', view.paused ? messages.play : messages.pause);
      const silent = view.muted || view.volume === 0;
      mute.show(silent ? 'muted' : 'sound', silent ? messages.unmute : messages.mute);
      settings.show('settings', messages.settings);
      snapshot.show('snapshot', messages.snapshot);
      pip.show('pip', messages.pictureInPicture);
      pip.button.hidden = !view.canPictureInPicture;
      pip.button.setAttribute('aria-pressed', String(view.pictureInPicture));
      fullscreen.show(
        view.fullscreen ? 'shrink' : 'fullscreen',
        view.fullscreen ? messages.leaveFullscreen : messages.fullscreen,
      );
      fullscreen.button.hidden = !view.canFullscreen;
      volume.setAttribute('aria-label', messages.volume);
      volume.value = String(view.muted ? 0 : view.volume);
      volume.style.setProperty('--fill', `${view.muted ? 0 : view.volume * 100}%`);

      live.hidden = view.kind !== 'live';
      live.classList.toggle('on', view.state === 'playing');
      live.title = messages.goLive;
      setText(liveText, messages.live);
      setText(
        delayText,
        view.delay === undefined || view.state !== 'playing'
          ? ''
          : messages.seconds(shortSeconds(view.delay)),
      );

      seek.hidden = time.hidden = !file;
      if (!file || seeking) return;
      seek.setAttribute('aria-label', messages.position);
      seek.max = String(view.duration || 0);
      seek.value = String(view.position);
      seek.setAttribute('aria-valuetext', timeText(view.position, view.duration));
      const share = view.duration > 0 ? (view.position / view.duration) * 100 : 0;
      seek.style.setProperty('--fill', `${share}%`);
      setText(time, timeText(view.position, view.duration));
    },
  };
}

function timeText(position: number, duration: number): string {
  return `${clockTime(position)} / ${clockTime(duration)}`;
}

function makeButton(part: string, first: IconName, act: () => void) {
  const svg = icon(first);
  const button = h('button', { type: 'button', part: `button ${part}`, class: part }, svg);
  button.addEventListener('click', act);
  return {
    button,
    show(name: IconName, label: string) {
      setIcon(svg, name);
      if (button.title !== label) button.title = label;
      if (button.getAttribute('aria-label') !== label) button.setAttribute('aria-label', label);
    },
  };
}
