/** Which transport is tried, which comes after it, and why. Free of DOM. */
import type { TransportName } from '../transports/transport.ts';
import type { PlaybackError } from './playback-error.ts';

/** Why a transport runs. */
export type TransportReason =
  | { readonly kind: 'first' }
  /** The one before it failed. */
  | { readonly kind: 'after'; readonly failed: TransportName; readonly error: PlaybackError }
  /** All have failed, and are tried again from the first. */
  | { readonly kind: 'again' };

export class TransportLadder {
  readonly #all: readonly TransportName[];
  /** Transports that are still worth trying. */
  #order: readonly TransportName[];
  #index = 0;
  #reason: TransportReason = { kind: 'first' };

  /** `all`: usable transports in order of preference; at least one. */
  constructor(all: readonly TransportName[]) {
    this.#all = all;
    this.#order = all;
  }

  /** The transport to use; `undefined` when all are off the list. */
  get current(): TransportName | undefined {
    return this.#order[this.#index];
  }

  get reason(): TransportReason {
    return this.#reason;
  }

  /** Goes to the next; answers false when that is the first again. */
  moveDown(failed: TransportName, error: PlaybackError): boolean {
    if (this.#index + 1 < this.#order.length) {
      this.#index += 1;
      this.#reason = { kind: 'after', failed, error };
      return true;
    }
    this.#index = 0;
    this.#reason = { kind: 'again' };
    return false;
  }

  /** Takes one off the list, and goes to the next; answers false when that is the first again. */
  strike(name: TransportName, error: PlaybackError): boolean {
    this.#order = this.#order.filter((other) => other !== name);
    if (this.#index < this.#order.length) {
      this.#reason = { kind: 'after', failed: name, error };
      return true;
    }
    this.#index = 0;
    return false;
  }

  /** Puts back what was taken off, and starts from the first; if anything was. */
  restore(): void {
    if (this.#order.length === this.#all.length) return;
    this.#order = this.#all;
    this.#index = 0;
    this.#reason = { kind: 'first' };
  }
}
