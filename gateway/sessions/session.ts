import type { Grant } from './admission.ts';

/** What a client speaks; these words are in callbacks and in `stat`. */
export type Protocol = 'rtmp' | 'hls' | 'flv' | 'ws-flv' | 'webrtc' | 'mp4';

export type SessionKind = 'publish' | 'play';
export type App = 'live' | 'vod';

/**
 * - `asking`: admission has not answered yet; no media flows;
 * - `active`: admitted;
 * - `ended`: over, for exactly one reason.
 */
export type SessionState = 'asking' | 'active' | 'ended';

/** A name and its value, in the order in which the client sent them. */
export type Argument = readonly [name: string, value: string];

/** Who a client is and what it asked for; fixed for the session's life. */
export interface SessionDetails {
  readonly kind: SessionKind;
  readonly protocol: Protocol;
  readonly app: App;
  readonly name: string;
  /** The client's own number; the sessions of one RTMP connection share it. */
  readonly clientId: number;
  /** The client's IP address, without a port. */
  readonly addr: string;
  /** From the tcUrl, the stream name or the URL's query: passed on, never trusted. */
  readonly args: readonly Argument[];
  /** The request's path, for clients that came over HTTP. */
  readonly uri?: string;
}

/** Why a session ended: a stable word for logs and metrics, and a sentence for people. */
export interface EndReason {
  readonly code:
    | 'client_left'
    | 'connection_lost'
    | 'protocol_error'
    | 'refused'
    | 'stream_ended'
    | 'too_slow'
    | 'dropped'
    | 'replaced'
    | 'timeout'
    | 'failed'
    | 'shutdown';
  readonly message: string;
}

/** What many are sent alike: counted once for all of them. */
export interface Flow {
  readonly bytes: number;
  /** The newest media time, ms. */
  readonly timestamp: number;
}

/**
 * One publish or one play of one client, whatever it speaks.
 *
 * The server that serves the client adds to the counters and ends the session; everybody else
 * (drop, limits, shutdown) ends it through `end`, which asks the server to let the client go.
 */
export class Session {
  readonly details: SessionDetails;
  /** Wall clock, ms since 1970, of the client's command. */
  readonly since: number;
  /** Frames left out for this client because it was too slow. */
  dropped = 0;

  #bytes = 0;
  #timestamp = 0;
  /** What it is sent with others, and how much of that had gone by before. */
  #flow: Flow | undefined;
  #before = 0;
  #release: (reason: EndReason) => void;
  #onEnd: ((reason: EndReason) => void)[] = [];
  #reason: EndReason | undefined;
  #grant: Grant | undefined;

  /**
   * `release` lets the client go in the protocol's own way; called once, but not when admission
   * refuses.
   */
  constructor(details: SessionDetails, since: number, release: (reason: EndReason) => void) {
    this.details = details;
    this.since = since;
    this.#release = release;
  }

  /** Media bytes carried, from the client (publish) or to it (play). */
  get bytes(): number {
    return this.#bytes + (this.#flow ? this.#flow.bytes - this.#before : 0);
  }

  set bytes(bytes: number) {
    this.#bytes += bytes - this.bytes;
  }

  /** The newest media time carried, ms. */
  get timestamp(): number {
    return this.#flow?.timestamp ?? this.#timestamp;
  }

  set timestamp(timestamp: number) {
    this.#timestamp = timestamp;
  }

  /** What the flow carries from now on counts as this client's, until it follows none. */
  follow(flow: Flow | undefined): void {
    this.#bytes = this.bytes;
    this.#timestamp = this.timestamp;
    this.#flow = flow;
    this.#before = flow?.bytes ?? 0;
  }

  get state(): SessionState {
    if (this.#reason) return 'ended';
    return this.#grant ? 'active' : 'asking';
  }

  /** What admission granted beyond entry, such as another file to play; undefined: never admitted. */
  get grant(): Grant | undefined {
    return this.#grant;
  }

  /** Lets the client in. Only admission calls this. */
  admit(grant: Grant): void {
    this.#grant = grant;
  }

  /** Why it ended; undefined while it lives. */
  get reason(): EndReason | undefined {
    return this.#reason;
  }

  /** Calls back when the session ends; at once when it already has. */
  onEnd(listener: (reason: EndReason) => void): void {
    if (this.#reason) listener(this.#reason);
    else this.#onEnd.push(listener);
  }

  /** Ends the session. Only the first call counts: a session has one reason. */
  end(reason: EndReason): void {
    if (this.#reason) return;
    this.#reason = reason;
    // A refusal goes back to the server as admission's answer; there is nobody to let go.
    if (reason.code !== 'refused' || this.#grant) this.#release(reason);
    const listeners = this.#onEnd;
    this.#onEnd = [];
    for (const listener of listeners) listener(reason);
  }
}
