import { askAll, refused, type AdmissionCheck, type Decision } from './admission.ts';
import { createClientIds } from './client-ids.ts';
import { Session, type EndReason, type SessionDetails } from './session.ts';

/** How many sessions of each kind may be at the same time. */
export interface SessionLimits {
  readonly maxStreams: number;
  readonly maxClients: number;
}

export interface RegistryEvents {
  /** A session was admitted. */
  started?(session: Session): void;
  /** A session that had been admitted is over. */
  ended?(session: Session, reason: EndReason): void;
  /** A client's command was not let in. */
  refused?(session: Session, reason: EndReason): void;
  /** A check or a listener threw, which is a bug. A client that was asked about is refused. */
  failed?(session: Session, error: unknown): void;
}

/** Every client of the gateway, from its command to its end, whatever it speaks. */
export class SessionRegistry {
  readonly nextClientId = createClientIds();
  #sessions = new Set<Session>();
  #publishing = 0;
  #checks: AdmissionCheck[] = [];
  #listeners: RegistryEvents[] = [];
  #limits: SessionLimits;
  #closing: EndReason | undefined;
  #now: () => number;

  /** `now`: wall clock, ms since 1970. */
  constructor(limits: SessionLimits, now: () => number = Date.now) {
    this.#limits = limits;
    this.#now = now;
  }

  get limits(): SessionLimits {
    return this.#limits;
  }

  /** New limits count for those who come from now on; nobody is thrown out. */
  set limits(limits: SessionLimits) {
    this.#limits = limits;
  }

  /** Adds a question for everybody who comes; asked in the order of adding. */
  addCheck(check: AdmissionCheck): void {
    this.#checks.push(check);
  }

  listen(events: RegistryEvents): void {
    this.#listeners.push(events);
  }

  /**
   * Registers a client's command and asks whether it may start.
   * @param release lets the client go when somebody else ends the session
   * @param opened is handed the session before anybody is asked, so that a client which leaves
   *   meanwhile can end it
   */
  async open(
    details: SessionDetails,
    release: (reason: EndReason) => void,
    opened?: (session: Session) => void,
  ): Promise<{ session: Session; decision: Decision }> {
    const session = new Session(details, this.#now(), release);
    opened?.(session);
    const full = this.#refuseByLimit(details);
    this.#sessions.add(session);
    if (details.kind === 'publish') this.#publishing++;

    const gone = new AbortController();
    session.onEnd((reason) => {
      gone.abort();
      this.#sessions.delete(session);
      if (details.kind === 'publish') this.#publishing--;
      this.#tell(session, (listener) => {
        if (session.grant) listener.ended?.(session, reason);
        else listener.refused?.(session, reason);
      });
    });

    const decision = full ?? (await this.#ask(session, gone.signal));
    if (session.state !== 'asking') {
      return { session, decision: refused('forbidden', 'The client left before it was admitted.') };
    }
    if (!decision.admitted) {
      session.end({ code: 'refused', message: decision.refusal.message });
    } else {
      session.admit(decision.grant);
      this.#tell(session, (listener) => listener.started?.(session));
    }
    return { session, decision };
  }

  /** How many publish, or ask to. */
  get publishing(): number {
    return this.#publishing;
  }

  /** Every session of now; a copy, so that ending some while walking is safe. */
  list(matches: (session: Session) => boolean = () => true): Session[] {
    return [...this.#sessions].filter(matches);
  }

  /** Ends every session and lets nobody in any more. */
  close(reason: EndReason): void {
    this.#closing = reason;
    for (const session of this.list()) session.end(reason);
  }

  /** Tells every listener; one that throws keeps neither the others nor the media from going on. */
  #tell(session: Session, tell: (listener: RegistryEvents) => void): void {
    for (const listener of this.#listeners) {
      try {
        tell(listener);
      } catch (error) {
        for (const other of this.#listeners) other.failed?.(session, error);
      }
    }
  }

  async #ask(session: Session, signal: AbortSignal): Promise<Decision> {
    try {
      return await askAll(this.#checks, session, signal);
    } catch (error) {
      for (const listener of this.#listeners) listener.failed?.(session, error);
      return refused('no_answer', 'The server failed to find out whether the client may start.');
    }
  }

  #refuseByLimit({ kind }: SessionDetails): Decision | undefined {
    if (this.#closing) return refused('shutdown', 'The server is stopping.');
    if (kind === 'publish' && this.#publishing >= this.#limits.maxStreams) {
      return refused('limit', `The limit of ${this.#limits.maxStreams} streams is reached.`);
    }
    const clients = this.#sessions.size - this.#publishing;
    if (kind === 'play' && clients >= this.#limits.maxClients) {
      return refused('limit', `The limit of ${this.#limits.maxClients} clients is reached.`);
    }
    return undefined;
  }
}
