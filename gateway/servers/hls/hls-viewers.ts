import type { Decision } from '../../sessions/admission.ts';
import type { SessionRegistry } from '../../sessions/registry.ts';
import type { App, Argument, EndReason, Session } from '../../sessions/session.ts';

/** A request for a playlist, by which a viewer comes. */
export interface ViewerRequest {
  /** Of the stream. */
  readonly name: string;
  /** IP address. */
  readonly addr: string;
  readonly args: readonly Argument[];
  /** The request's path. */
  readonly uri: string;
}

/** Somebody who watches a stream over HLS, known by the token in the addresses that it asks for. */
export interface HlsViewer {
  readonly token: string;
  readonly name: string;
  readonly session: Session;
  /** Wall clock of the last request, ms since 1970. */
  asked: number;
}

export interface HlsViewersOptions {
  /** What they watch; `live` unless said otherwise. */
  readonly app?: App;
  readonly registry: SessionRegistry;
  /** Wall clock, ms since 1970. */
  readonly now: () => number;
  /** How long a viewer of the stream may be silent, ms, before it has left. */
  readonly patience: (name: string) => number;
  /** Whether the stream goes on: if not, that is why its viewers are silent. */
  readonly isLive: (name: string) => boolean;
}

/** Viewers who were thrown out are remembered, at most so many … */
const MAX_DROPPED = 10_000;

/**
 * The viewers of HLS as sessions. A viewer is many requests on any number of connections; it
 * starts with its first playlist and ends when it has asked for nothing for some time
 * (docs/decisions/004-hls-viewer-identity.md).
 */
export class HlsViewers {
  #options: HlsViewersOptions;
  #viewers = new Map<string, HlsViewer>();
  #arriving = new Map<string, Promise<Decision>>();
  #dropped = new Set<string>();

  constructor(options: HlsViewersOptions) {
    this.#options = options;
  }

  /** A viewer who has been admitted and is still here; it has just asked for something. */
  find(token: string, name: string): HlsViewer | undefined {
    const viewer = this.#viewers.get(token);
    if (viewer?.name !== name) return undefined;
    viewer.asked = this.#options.now();
    return viewer;
  }

  /** Whether this viewer was thrown out: it has to come again by the front door. */
  isDropped(token: string): boolean {
    return this.#dropped.has(token);
  }

  /**
   * Lets a viewer in who is not here (any more): asks admission. Requests that come meanwhile for
   * the same token wait for the same answer. `opened` is given the session while it is being asked.
   */
  admit(
    token: string,
    request: ViewerRequest,
    opened?: (session: Session) => void,
  ): Promise<Decision> {
    const arriving = this.#arriving.get(token);
    if (arriving) return arriving;
    const decision = this.#open(token, request, opened).finally(() => this.#arriving.delete(token));
    this.#arriving.set(token, decision);
    return decision;
  }

  /** Ends those who have gone; to be called every few seconds. */
  sweep(): void {
    const { now, patience, isLive } = this.#options;
    for (const { asked, name, session } of this.#viewers.values()) {
      const silence = now() - asked;
      if (silence <= patience(name)) continue;
      const seconds = Math.round(silence / 1000);
      session.end(
        isLive(name)
          ? { code: 'client_left', message: `The player asked for nothing for ${seconds} s.` }
          : { code: 'stream_ended', message: 'The stream has ended.' },
      );
    }
  }

  async #open(
    token: string,
    { name, addr, args, uri }: ViewerRequest,
    opened?: (session: Session) => void,
  ): Promise<Decision> {
    const { app = 'live', registry, now } = this.#options;
    const { session, decision } = await registry.open(
      {
        kind: 'play',
        protocol: 'hls',
        app,
        name,
        clientId: registry.nextClientId(),
        addr,
        args,
        uri,
      },
      (reason) => this.#release(token, reason),
      opened,
    );
    if (session.state === 'active') {
      this.#viewers.set(token, { token, name, session, asked: now() });
    }
    return decision;
  }

  #release(token: string, { code }: EndReason): void {
    this.#viewers.delete(token);
    if (code !== 'dropped') return;
    this.#dropped.add(token);
    // … the newest ones, by their age in the set.
    const [oldest] = this.#dropped;
    if (this.#dropped.size > MAX_DROPPED && oldest !== undefined) this.#dropped.delete(oldest);
  }
}
