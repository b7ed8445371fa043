import type { Decision, Refusal } from '../../sessions/admission.ts';
import type { SessionRegistry } from '../../sessions/registry.ts';
import type { EndReason, Session, SessionDetails } from '../../sessions/session.ts';

/** How long somebody who plays by parts may ask for nothing, ms, before the session is over. */
const SILENCE_MS = 15_000;
/** The same for somebody who has had the whole file in one answer, ms. */
const DONE_MS = 500;

/** Somebody who plays a file over HTTP, by one request or by many. */
export interface VodViewer {
  readonly session: Session;
  /**
   * A request is being answered. `stop` breaks it off when the session ends. Call the answer when it
   * is over; `complete`: the whole file was sent.
   */
  serve(stop: () => void): (complete: boolean) => void;
}

/** What makes two requests the same viewer's. */
export type VodRequest = Pick<SessionDetails, 'name' | 'addr' | 'args' | 'uri'> & {
  /** What the client says it is (`User-Agent`). */
  readonly agent: string;
};

/**
 * The viewers of files over HTTP as sessions (docs/decisions/009-vod.md). A player asks for a file
 * in many parts, and over several connections: requests from one address and program for the same
 * address, arguments included, are one session, until nothing has been asked for a while.
 */
export class VodViewers {
  #registry: SessionRegistry;
  #silenceMs: number;
  #viewers = new Map<string, Promise<Opened>>();

  constructor(registry: SessionRegistry, silenceMs = SILENCE_MS) {
    this.#registry = registry;
    this.#silenceMs = silenceMs;
  }

  /**
   * The viewer that makes this request; one who is new is asked about first.
   * @param opened is handed a new session before anybody is asked
   */
  async find(
    request: VodRequest,
    opened: (session: Session) => void,
  ): Promise<VodViewer | { refusal: Refusal }> {
    const { name, addr, args, agent } = request;
    const key = JSON.stringify([name, addr, agent, args]);
    const known = this.#viewers.get(key);
    if (known) {
      const answer = await known;
      if (answer.viewer?.session.state === 'active') return answer.viewer;
    }
    const opening = this.#open(request, opened, () => {
      if (this.#viewers.get(key) === opening) this.#viewers.delete(key);
    });
    this.#viewers.set(key, opening);
    const { viewer, decision } = await opening;
    if (viewer) return viewer;
    if (this.#viewers.get(key) === opening) this.#viewers.delete(key);
    return { refusal: decision.admitted ? LEFT : decision.refusal };
  }

  async #open(
    { name, addr, args, uri }: VodRequest,
    opened: (session: Session) => void,
    over: () => void,
  ): Promise<Opened> {
    const registry = this.#registry;
    const viewer = new Viewer(this.#silenceMs, over);
    const { session, decision } = await registry.open(
      {
        kind: 'play',
        protocol: 'mp4',
        app: 'vod',
        name,
        clientId: registry.nextClientId(),
        addr,
        args,
        uri,
      },
      () => viewer.stop(),
      opened,
    );
    if (session.state !== 'active') return { viewer: undefined, decision };
    viewer.begin(session);
    return { viewer, decision };
  }
}

interface Opened {
  readonly viewer: Viewer | undefined;
  readonly decision: Decision;
}

const LEFT: Refusal = { code: 'forbidden', message: 'The client left before it was admitted.' };

const finished: EndReason = { code: 'client_left', message: 'The file has been sent.' };

class Viewer implements VodViewer {
  session!: Session;
  #silenceMs: number;
  #over: () => void;
  #serving = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(silenceMs: number, over: () => void) {
    this.#silenceMs = silenceMs;
    this.#over = over;
  }

  begin(session: Session): void {
    this.session = session;
    this.#wait(this.#silenceMs);
  }

  serve(stop: () => void): (complete: boolean) => void {
    clearTimeout(this.#timer);
    this.#serving.add(stop);
    return (complete) => {
      if (!this.#serving.delete(stop) || this.#serving.size > 0) return;
      this.#wait(complete ? Math.min(DONE_MS, this.#silenceMs) : this.#silenceMs);
    };
  }

  /** The session has ended. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#over();
    for (const stop of [...this.#serving]) stop();
  }

  #wait(ms: number): void {
    if (this.session.state !== 'active') return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.session.end(finished), ms);
    this.#timer.unref();
  }
}
