import type { SessionRegistry } from '../../sessions/registry.ts';
import type { Session, SessionDetails } from '../../sessions/session.ts';
import { problemOf, WebRtcProblem } from './problem.ts';

/** A class of a thousand connects within seconds; whoever does not has 20 s each. */
const MOST_CONNECTING = 2_000;

/** Who asks, and for what. */
export type RequestDetails = Pick<SessionDetails, 'name' | 'addr' | 'args' | 'uri'> & {
  /** Aborted when the client leaves before it is answered. */
  readonly departure: AbortSignal;
};

/** How a client is answered. */
export interface Steps<Seen, Waited, Answer> {
  /** Looks at what it offers, before admission: what it throws says nothing of the stream. */
  readonly look: () => Promise<Seen>;
  /** Until it can be served; those who wait keep nobody else out. */
  readonly wait: (session: Session) => Promise<Waited>;
  readonly serve: (session: Session, seen: Seen, waited: Waited) => Promise<Answer>;
}

export interface DoorOptions {
  readonly registry: SessionRegistry;
  /** Clients that were answered and are not connected yet. */
  readonly connecting: () => number;
  /** Clients that may be on their way to connect; an offer costs its sender nothing. */
  readonly mostConnecting: number | undefined;
}

/** Who may watch and publish: bounds how many are on their way, and asks the admission checks. */
export class Door {
  readonly #options: DoorOptions;
  /** Clients that are being answered: what each awaits, others may pass. */
  #answering = 0;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /**
   * Answers a client; where that fails after its admission, its session ends.
   * @throws WebRtcProblem `full`, `no_session`, or as admission refuses
   */
  async enter<Seen, Waited, Answer>(
    kind: SessionDetails['kind'],
    request: RequestDetails,
    { look, wait, serve }: Steps<Seen, Waited, Answer>,
  ): Promise<Answer> {
    const { session, seen } = await this.#count(async () => {
      const offered = await look();
      return { session: await this.#admit(kind, request), seen: offered };
    });
    try {
      const waited = await wait(session);
      return await this.#count(() => serve(session, seen, waited));
    } catch (error) {
      session.end({ code: 'failed', message: (error as Error).message });
      throw error;
    }
  }

  async #count<Result>(step: () => Promise<Result>): Promise<Result> {
    const { connecting, mostConnecting = MOST_CONNECTING } = this.#options;
    if (connecting() + this.#answering >= mostConnecting) {
      const message = `The limit of ${mostConnecting} clients that are connecting is reached.`;
      throw new WebRtcProblem('full', message);
    }
    this.#answering++;
    try {
      return await step();
    } finally {
      this.#answering--;
    }
  }

  async #admit(
    kind: SessionDetails['kind'],
    { departure, ...request }: RequestDetails,
  ): Promise<Session> {
    // It may have left before there was anything to end: an abort is not told again.
    if (departure.aborted) {
      throw new WebRtcProblem('no_session', 'The client left before it was answered.');
    }
    const { registry } = this.#options;
    const { session, decision } = await registry.open(
      { ...request, kind, protocol: 'webrtc', app: 'live', clientId: registry.nextClientId() },
      () => {}, // whoever serves the session listens for its end
      (opened) => {
        departure.addEventListener('abort', () => {
          opened.end({ code: 'client_left', message: 'The client left before it was answered.' });
        });
      },
    );
    if (!decision.admitted) throw problemOf(decision.refusal);
    return session;
  }
}
