/** The button that makes the gateway itself publish its sample programme. */
import { h, setText } from '../ui/dom.ts';
import type { PageMessages } from './page-messages.ts';

const ADDRESS = '/control/demo';

/** What `GET /control/demo` answers; `POST …/start` and `…/stop` answer the same. */
interface DemoState {
  readonly name: string;
  readonly running: boolean;
  /** Where in the programme the gateway is as it answers, and the programme's length; ms. */
  readonly position?: number;
  readonly duration?: number;
}

export class DemoChannel {
  readonly element = h('div', { class: 'demo', hidden: true });
  readonly #hint = h('p', { class: 'hint' });
  readonly #button = h('button', { type: 'button', class: 'primary' });
  readonly #changed: () => void;
  #state: DemoState | undefined;
  /** When the gateway said so, by `performance.now()`: half-way between question and answer. */
  #saidAt = 0;
  #busy = false;
  #messages: PageMessages | undefined;
  #first = false;
  #reachable = true;

  constructor(changed: () => void) {
    this.#changed = changed;
    this.element.append(this.#hint, this.#button);
    this.#button.addEventListener('click', () => void this.#toggle());
  }

  /** Shows the button, with what the gateway says of the channel. */
  offer(): Promise<void> {
    return this.#ask('');
  }

  /** The demo channel's stream, while it runs. */
  get name(): string | undefined {
    return this.#state?.running ? this.#state.name : undefined;
  }

  /** What the programme's clock shows at the gateway now, ms; to be compared with the picture's. */
  get position(): number | undefined {
    const { running, position, duration } = this.#state ?? {};
    if (!running || position === undefined || !duration) return undefined;
    return (position + performance.now() - this.#saidAt) % duration;
  }

  /**
   * @param first nothing else is live, so that this is the thing to do
   * @param reachable the gateway answers; else nothing can be asked of it
   */
  draw(messages: PageMessages, first: boolean, reachable: boolean): void {
    this.#messages = messages;
    this.#first = first;
    this.#reachable = reachable;
    this.element.hidden = this.#state === undefined || !reachable;
    const { demoStart, demoStop, demoStarting } = messages;
    setText(this.#button, this.#busy ? demoStarting : this.#state?.running ? demoStop : demoStart);
    setText(this.#hint, first && !this.#state?.running ? messages.demoHint : '');
    this.#button.disabled = this.#busy;
    this.#button.className = first && !this.#state?.running ? 'primary' : 'quiet';
  }

  async #toggle(): Promise<void> {
    this.#busy = true;
    this.#redraw();
    await this.#ask(this.#state?.running ? '/stop' : '/start');
    this.#busy = false;
    this.#redraw();
    this.#changed();
  }

  async #ask(act: '' | '/start' | '/stop'): Promise<void> {
    try {
      const asked = performance.now();
      const response = await fetch(ADDRESS + act, {
        method: act === '' ? 'GET' : 'POST',
        headers: { accept: 'application/json' },
      });
      if (!response.ok) return;
      const state: unknown = await response.json();
      if (typeof state !== 'object' || state === null) return;
      if (!('name' in state) || typeof state.name !== 'string') return;
      const number = (key: 'position' | 'duration') => {
        const value = (state as Record<string, unknown>)[key];
        return typeof value === 'number' ? value : undefined;
      };
      this.#saidAt = (asked + performance.now()) / 2;
      this.#state = {
        name: state.name,
        running: 'running' in state && state.running === true,
        position: number('position'),
        duration: number('duration'),
      };
      this.#redraw();
    } catch {
      // The gateway is away; the page says so elsewhere.
    }
  }

  #redraw(): void {
    if (this.#messages !== undefined) this.draw(this.#messages, this.#first, this.#reachable);
  }
}
