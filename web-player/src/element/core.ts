/** What is inside the element: its parts, who hears of what, and when it begins anew. */
import type { AmsPlayerElement } from '../ams-player.ts';
import { playerMessages, reasonSentence } from '../i18n/player-messages.ts';
import playerCss from '../ui/player.css';
import { makeSkin, type Skin } from '../ui/skin.ts';
import { Windows } from '../ui/windows.ts';
import { actionsOf } from './actions.ts';
import { wishesOf } from './attributes.ts';
import { languageAround, onLanguageChange } from './language.ts';
import { Playing } from './playing.ts';
import { Sound } from './sound.ts';
import { viewOf } from './view.ts';

/** How often figures are renewed, ms. */
const REFRESH = 500;

const styles = new CSSStyleSheet();
styles.replaceSync(playerCss);

export class PlayerCore {
  readonly skin: Skin;
  readonly playing: Playing;
  readonly sound: Sound;
  readonly windows: Windows;
  readonly #host: AmsPlayerElement;
  #timer: ReturnType<typeof setInterval> | undefined;
  #forgetLanguage: (() => void) | undefined;
  /** To begin anew in a moment, and while that goes on. */
  #restarting: 'no' | 'soon' | 'now' = 'no';
  /** What the events `play` and `pause` told last. */
  #toldPaused = true;

  constructor(host: AmsPlayerElement) {
    this.#host = host;
    this.skin = makeSkin(actionsOf(host, this));
    this.windows = new Windows(host, this.skin, this.render);
    this.sound = new Sound(() => {
      this.playing.tellSound();
      host.dispatchEvent(new Event('volumechange'));
      this.render();
    });
    this.playing = new Playing({
      ...this.skin,
      sound: this.sound,
      wishes: () => wishesOf(host),
      changed: this.render,
      stateChanged: (state, before) => {
        this.windows.keepAwake(state === 'playing');
        host.dispatchEvent(new CustomEvent('statechange', { detail: { state, before } }));
      },
      transportChanged: (transport, why) => {
        this.render();
        const messages = playerMessages[languageAround(host)];
        const detail = { transport, reason: why ? reasonSentence(why, messages) : '' };
        host.dispatchEvent(new CustomEvent('transportchange', { detail }));
      },
      failed: (error) => {
        host.dispatchEvent(new ErrorEvent('error', { error, message: error.message }));
      },
    });
    const root = host.attachShadow({ mode: 'open', delegatesFocus: true });
    root.adoptedStyleSheets = [styles];
    root.append(this.skin.frame);
  }

  /** The element is in a page. */
  connect(): void {
    document.addEventListener('visibilitychange', this.#pageSeen);
    addEventListener('online', this.#pageSeen);
    this.#forgetLanguage = onLanguageChange(this.render);
    this.#timer = setInterval(this.render, REFRESH);
    this.#open();
  }

  /** The element was taken out: it lets go of everything. */
  disconnect(): void {
    document.removeEventListener('visibilitychange', this.#pageSeen);
    removeEventListener('online', this.#pageSeen);
    this.#forgetLanguage?.();
    clearInterval(this.#timer);
    this.playing.close();
    this.windows.leave();
  }

  /** Begins anew, playing if it played. */
  restart(): void {
    const { paused } = this.playing;
    this.#restarting = 'now';
    this.playing.close();
    this.#open();
    if (!paused) void this.#host.play();
    this.#restarting = 'no';
    this.render();
  }

  /** Attributes often change together; they are read once, when all are there. */
  restartSoon(): void {
    if (!this.#host.isConnected || this.#restarting === 'soon') return;
    this.#restarting = 'soon';
    queueMicrotask(() => {
      this.#restarting = 'no';
      if (this.#host.isConnected) this.restart();
    });
  }

  #open(): void {
    this.playing.open();
    if (this.#host.autoplay && this.playing.source !== undefined) void this.#host.play();
    this.render();
  }

  readonly #pageSeen = () => {
    if (document.hidden) return;
    this.playing.live?.hurry();
    this.playing.live?.goLive();
    this.windows.keepAwake(this.playing.state === 'playing');
  };

  /** Nothing is told of a player that begins anew, and plays after it as it did before. */
  #tellPaused(): void {
    const { paused } = this.playing;
    if (this.#restarting === 'now' || paused === this.#toldPaused) return;
    this.#toldPaused = paused;
    this.#host.dispatchEvent(new Event(paused ? 'pause' : 'play'));
  }

  readonly render = () => {
    this.#tellPaused();
    const view = viewOf(this.playing, this.sound, this.skin.video, this.windows);
    this.skin.update(view, playerMessages[languageAround(this.#host)]);
  };
}
