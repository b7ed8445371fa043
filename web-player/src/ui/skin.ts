/** Everything that is seen of the player: the two picture surfaces and what lies above them. */
import type { PlayerMessages } from '../i18n/player-messages.ts';
import { makeControls } from './controls.ts';
import { h, setText } from './dom.ts';
import { icon } from './icons.ts';
import { makeSettings } from './settings.ts';
import { makeStatisticsPanel } from './statistics-panel.ts';
import type { PlayerActions, PlayerView } from './view.ts';

export interface Skin {
  readonly frame: HTMLElement;
  readonly video: HTMLVideoElement;
  readonly canvas: HTMLCanvasElement;
  update(view: PlayerView, messages: PlayerMessages): void;
  setControls(shown: boolean): void;
  setPoster(url: string | null): void;
}

/** Without a movement of the pointer this long, the controls of a playing picture go away. */
const IDLE = 2800;

export function makeSkin(actions: PlayerActions): Skin {
  const video = h('video', { part: 'video', playsinline: true });
  video.disableRemotePlayback = true;
  const canvas = h('canvas', { part: 'canvas', role: 'img', hidden: true });
  const poster = h('img', { part: 'poster', class: 'poster', alt: '', hidden: true });

  const captionText = h('span');
  const retry = h('button', { type: 'button', class: 'plain' });
  retry.addEventListener('click', () => actions.retry());
  const caption = h(
    'div',
    { class: 'caption', part: 'caption' },
    h('i', { class: 'spinner', 'aria-hidden': 'true' }),
    h('div', { role: 'status' }, captionText),
    retry,
  );
  const bigPlay = h(
    'button',
    { type: 'button', class: 'big-play', part: 'big-play' },
    icon('play'),
  );
  bigPlay.addEventListener('click', () => actions.togglePlay());
  const soundText = h('span');
  const sound = h(
    'button',
    { type: 'button', class: 'sound', part: 'sound' },
    icon('muted'),
    soundText,
  );
  sound.addEventListener('click', () => actions.setMuted(false));

  const statistics = makeStatisticsPanel(() => showStatistics(false));
  const settings = makeSettings(
    actions,
    () => showStatistics(Boolean(statistics.element.hidden)),
    // The focus was in the menu; without it the player would not hear the keyboard.
    () => {
      hideSettings();
      controls.settingsButton.focus();
    },
  );
  const controls = makeControls(actions, () => {
    if (settings.open) hideSettings();
    else if (last !== undefined) {
      settings.show(last.view, last.messages, !statistics.element.hidden);
      controls.settingsButton.setAttribute('aria-expanded', 'true');
    }
  });
  const frame = h(
    'div',
    { class: 'frame', part: 'frame', tabindex: '0', role: 'region' },
    video,
    canvas,
    poster,
    statistics.element,
    bigPlay,
    sound,
    caption,
    settings.element,
    controls.element,
  );
  let last: { view: PlayerView; messages: PlayerMessages } | undefined;

  const showStatistics = (shown: boolean) => {
    statistics.element.hidden = !shown;
    if (last !== undefined) statistics.update(last.view, last.messages);
  };
  const hideSettings = () => {
    settings.hide();
    controls.settingsButton.setAttribute('aria-expanded', 'false');
  };

  let idleTimer: ReturnType<typeof setTimeout> | undefined;
  const awake = () => {
    frame.classList.remove('idle');
    clearTimeout(idleTimer);
    idleTimer = setTimeout(() => {
      if (!settings.open) frame.classList.add('idle');
    }, IDLE);
  };
  for (const name of ['pointermove', 'pointerdown', 'focusin', 'keydown'] as const) {
    frame.addEventListener(name, awake);
  }
  frame.addEventListener('pointerleave', () => {
    if (!settings.open) frame.classList.add('idle');
  });
  frame.addEventListener('pointerdown', (event) => {
    const path = event.composedPath();
    if (
      settings.open &&
      !path.includes(settings.element) &&
      !path.includes(controls.settingsButton)
    ) {
      hideSettings();
    }
  });
  for (const surface of [video, canvas, poster]) {
    surface.addEventListener('dblclick', () => actions.toggleFullscreen());
  }
  frame.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && settings.open) {
      hideSettings();
      controls.settingsButton.focus();
      event.stopPropagation();
    } else if (last !== undefined && pressed(event, last.view, actions)) {
      event.preventDefault();
    }
  });

  return {
    frame,
    video,
    canvas,
    update(view, messages) {
      last = { view, messages };
      frame.setAttribute('aria-label', messages.player);
      frame.dataset.state = view.paused ? 'paused' : view.state;
      canvas.setAttribute('aria-label', messages.player);
      video.hidden = view.surface !== 'video';
      canvas.hidden = view.surface !== 'canvas';
      const sentence = sentenceOf(view, messages);
      setText(captionText, sentence);
      caption.classList.toggle('shown', sentence !== '');
      caption.classList.toggle('busy', view.state !== 'failed' && view.state !== 'ended');
      retry.hidden = view.state !== 'failed' || view.kind === 'none';
      setText(retry, messages.retry);
      poster.classList.toggle('away', !view.paused && view.state === 'playing');
      bigPlay.hidden = !view.paused || view.kind === 'none' || view.state === 'failed';
      bigPlay.setAttribute('aria-label', messages.play);
      sound.hidden = !view.soundRefused || view.paused;
      setText(soundText, messages.tapForSound);
      controls.update(view, messages);
      statistics.update(view, messages);
    },
    setControls(shown) {
      controls.element.hidden = !shown;
    },
    setPoster(url) {
      poster.hidden = url === null;
      if (url === null) poster.removeAttribute('src');
      else poster.src = url;
    },
  };
}

function sentenceOf(view: PlayerView, messages: PlayerMessages): string {
  if (view.state === 'failed') return messages.errors[view.error ?? 'unsupported'];
  if (view.paused) return '';
  return messages.states[view.state] ?? '';
}

/** Acts on a key as players do; answers whether it was one of theirs. */
function pressed(event: KeyboardEvent, view: PlayerView, actions: PlayerActions): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = event.composedPath()[0];
  const onControl = target instanceof HTMLButtonElement || target instanceof HTMLInputElement;
  switch (event.key) {
    case ' ':
    case 'Enter':
      if (onControl) return false;
      actions.togglePlay();
      return true;
    case 'k':
      actions.togglePlay();
      return true;
    case 'm':
      actions.setMuted(!view.muted);
      return true;
    case 'f':
      actions.toggleFullscreen();
      return true;
    case 'i':
      if (!view.canPictureInPicture) return false;
      actions.togglePictureInPicture();
      return true;
    case 'l':
      actions.goLive();
      return true;
    case 'ArrowUp':
    case 'ArrowDown':
      if (target instanceof HTMLInputElement) return false;
      actions.setVolume(view.volume + (event.key === 'ArrowUp' ? 0.1 : -0.1));
      return true;
    case 'ArrowLeft':
    case 'ArrowRight':
      if (target instanceof HTMLInputElement || view.kind !== 'file') return false;
      actions.seek(view.position + (event.key === 'ArrowRight' ? 5 : -5));
      return true;
    default:
      return false;
  }
}
