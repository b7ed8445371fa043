import { isAmfObject, type AmfValue } from '../../protocols/amf/value.ts';
import type { Command } from '../../protocols/rtmp/command.ts';
import type { RtmpMessage } from '../../protocols/rtmp/message.ts';
import { result } from '../../protocols/rtmp/status.ts';
import { parseStreamName } from '../../protocols/rtmp/url.ts';
import type { App, EndReason, Session, SessionKind } from '../../sessions/session.ts';
import { refuseFileName, refuseStreamName } from '../../sessions/stream-name.ts';
import { EarlyMedia } from './early-media.ts';
import type { NetConnection } from './net-connection.ts';
import { Notices } from './notices.ts';
import { Playback, type PlayRequest } from './playback.ts';
import { Publishing } from './publishing.ts';

/**
 * - `idle`: created, or closed again;
 * - `asking`: a publish or play waits for admission;
 * - `publishing`, `playing`.
 */
type NetStreamState = 'idle' | 'asking' | 'publishing' | 'playing';

/** One NetStream of a connection: at most one session at a time. */
export class NetStream {
  readonly id: number;
  #connection: NetConnection;
  #notices: Notices;
  #playback: Playback;
  #session: Session | undefined;
  #early = new EarlyMedia();
  #publishing: Publishing | undefined;

  constructor(id: number, connection: NetConnection) {
    this.id = id;
    this.#connection = connection;
    this.#notices = new Notices(id, connection);
    this.#playback = new Playback(id, connection, this.#notices);
  }

  get #state(): NetStreamState {
    if (!this.#session) return 'idle';
    if (this.#publishing) return 'publishing';
    return this.#playback.playing ? 'playing' : 'asking';
  }

  get busy(): boolean {
    return this.#state !== 'idle';
  }

  get publishing(): boolean {
    return this.#publishing !== undefined;
  }

  /** Publishes, and somebody waits for what comes. */
  get watched(): boolean {
    return this.#publishing?.watched === true;
  }

  /** Handles a command on this stream; false when it is none that we know. */
  command({ name, args, transactionId }: Command): boolean {
    const connection = this.#connection;
    switch (name) {
      case 'publish':
        // AS2's `publish(false)` and `play(false)` end what goes on.
        if (args[0] === false) this.stop();
        else connection.background(this.#publish(args[0]));
        return true;
      case 'play':
        if (args[0] === false) this.stop();
        else {
          const [requested, start, duration, reset] = args;
          const request = { start, duration, reset: reset !== false };
          connection.background(this.#play(requested, request));
        }
        return true;
      case 'play2':
        connection.background(this.#play(property(args[0], 'streamName'), { reset: true }));
        return true;
      case 'closeStream':
        this.stop();
        return true;
      case 'getStats':
        connection.sendCommand(this.id, result(transactionId, null, undefined));
        return true;
      default:
        return this.#playback.command(name, args);
    }
  }

  // Publishing

  async #publish(requested: AmfValue): Promise<void> {
    const session = await this.#admit('publish', requested);
    if (!session) return;
    const { log, options } = this.#connection;
    const { name } = session.details;
    const publication = options.hub.publish(name, {
      replaced: () => session.end({ code: 'replaced', message: 'Another publisher took over.' }),
      watched: () => this.#connection.wake(),
    });
    if (!publication) {
      const message = `The stream ${JSON.stringify(name)} is published already.`;
      session.end({ code: 'failed', message });
      return;
    }
    const silenceMs = (): number => options.settings().publishTimeoutMs;
    this.#publishing = new Publishing({ publication, session, silenceMs, log });
    this.#notices.publishing(name);
    for (const message of this.#early.take()) this.media(message);
    this.flush();
  }

  /** Takes a media message; whoever does not publish here may send nothing. */
  media(message: RtmpMessage): void {
    if (this.#publishing) this.#publishing.media(message);
    else if (this.#session?.details.kind === 'publish') this.#early.push(message);
  }

  /** What came in one read is through. */
  flush(): void {
    this.#publishing?.flush();
  }

  /** FCUnpublish names the stream instead of using its number. */
  unpublish(name: string): void {
    const session = this.#session;
    if (
      session?.details.kind === 'publish' &&
      parseStreamName(name).name === session.details.name
    ) {
      this.stop();
    }
  }

  // Playing

  async #play(requested: AmfValue, request: PlayRequest): Promise<void> {
    const session = await this.#admit('play', requested);
    if (!session) return;
    if (session.details.app === 'vod') await this.#playback.playFile(session, request);
    else this.#playback.playLive(session, request);
  }

  /** How much the client buffers, ms. */
  setBufferLength(milliseconds: number): void {
    this.#playback.setBufferLength(milliseconds);
  }

  // Beginning and ending

  /** Asks admission; answers nothing when the session may not, or no longer, begin. */
  async #admit(kind: SessionKind, requested: AmfValue): Promise<Session | undefined> {
    const connection = this.#connection;
    const refusedAs = kind === 'publish' ? 'NetStream.Publish.BadName' : 'NetStream.Play.Failed';
    if (this.#state !== 'idle') this.stop();
    const { name, args } = parseStreamName(typeof requested === 'string' ? requested : '');
    const problem = refusal(kind, connection.app, name);
    if (problem) {
      this.#notices.status(refusedAs, problem);
      connection.refuse(problem);
      return undefined;
    }
    const { session, decision } = await connection.options.registry.open(
      {
        kind,
        protocol: 'rtmp',
        app: connection.app,
        name,
        clientId: connection.clientId,
        addr: connection.addr,
        args: [...connection.args, ...args],
      },
      (reason) => this.#release(reason),
      (opened) => {
        this.#session = opened;
        connection.idleUnlessBusy();
      },
    );
    if (this.#session !== session) return undefined; // Closed meanwhile.
    if (!decision.admitted) {
      const { message } = decision.refusal;
      this.#reset();
      this.#notices.status(refusedAs, message);
      connection.end({ code: 'refused', message });
      return undefined;
    }
    return session;
  }

  /** The client closes the stream; the connection stays. */
  stop(): void {
    const state = this.#state;
    this.#session?.end({ code: 'client_left', message: 'The client closed the stream.' });
    if (state === 'publishing') this.#notices.status('NetStream.Unpublish.Success', 'Unpublished.');
    else if (state === 'playing') this.#notices.status('NetStream.Play.Stop', 'Stopped playing.');
    this.#connection.idleUnlessBusy();
  }

  /** The connection is over; answers whether there was a session to end. */
  over(reason: EndReason): boolean {
    const session = this.#session;
    session?.end(reason);
    return session !== undefined;
  }

  /** The session ended, for whatever reason: the last word to the client, and a clean slate. */
  #release(reason: EndReason): void {
    const kind = this.#session?.details.kind;
    this.#reset();
    switch (reason.code) {
      case 'client_left':
      case 'connection_lost':
      case 'protocol_error':
        return; // It knows, or cannot be told.
      default:
        this.#notices.status(
          kind === 'publish' ? 'NetStream.Publish.Failed' : 'NetStream.Play.Failed',
          reason.message,
        );
        this.#connection.end(reason);
    }
  }

  #reset(): void {
    this.#session = undefined;
    this.#publishing = undefined;
    this.#early.clear();
  }
}

/** Why a name may not be published or played at all. */
function refusal(kind: SessionKind, app: App, name: string): string | undefined {
  if (app === 'live') return refuseStreamName(name);
  return kind === 'play' ? refuseFileName(name) : 'Files are not published; publish at /live.';
}

/** A property of a value that may not be an object at all. */
function property(value: AmfValue, key: string): AmfValue {
  return isAmfObject(value) ? value[key] : undefined;
}
