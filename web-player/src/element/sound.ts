/** How loud the player is, and whether the browser allows any sound yet. */
export class Sound {
  readonly #changed: () => void;
  #volume = 1;
  #muted = false;
  #refused = false;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** 0 to 1. */
  get volume(): number {
    return this.#volume;
  }

  set volume(value: number) {
    this.#volume = Math.min(1, Math.max(0, value));
    this.#changed();
  }

  get muted(): boolean {
    return this.#muted;
  }

  set muted(value: boolean) {
    this.#refused = false;
    if (value === this.#muted) return;
    this.#muted = value;
    this.#changed();
  }

  /** The browser plays without sound until somebody touches the page. */
  get refused(): boolean {
    return this.#refused;
  }

  /** The browser has refused to play with sound. */
  refuse(): void {
    this.#refused = true;
    this.#muted = true;
    this.#changed();
  }
}
