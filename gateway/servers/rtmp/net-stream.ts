import { encodeAmf0 } from '../../protocols/amf/amf0.ts';
import { isAmfObject, type AmfValue } from '../../protocols/amf/value.ts';
import type { Command } from '../../protocols/rtmp/command.ts';
import { streamBegin, streamEof, streamIsRecorded } from '../../protocols/rtmp/control.ts';
import { MessageType, type RtmpMessage } from '../../protocols/rtmp/message.ts';
import * as status from '../../protocols/rtmp/status.ts';
import { parseStreamName } from '../../protocols/rtmp/url.ts';
import type { App, EndReason, Session, SessionKind } from '../../sessions/session.ts';
import { refuseFileName, refuseStreamName } from '../../sessions/stream-name.ts';
import type { RtmpConnection } from './connection.ts';
import { EarlyMedia } from './early-media.ts';
import { LivePlayer } from './live-player.ts';
import { Publishing } from './publishing.ts';
import type { Wanted } from './rtmp-muxer.ts';
import { openVod, playWindow } from './vod-open.ts';
import { VodPlayer } from './vod-player.ts';

/**
 * - `idle`: created, or closed again;
 * - `asking`: a publish or play waits for admission;
 * - `publishing`, `playing`.
 */
type NetStreamState = 'idle' | 'asking' | 'publishing' | 'playing';

/**
 * Chunk stream of what a NetStream is told besides commands. None of the media's: their headers
 * stand alone, while these build on what the connection last sent on the chunk stream.
 */
const NOTICES = 7;

/** One NetStream of a connection: at most one session at a time. */
export class NetStream {
  readonly id: number;
  #connection: RtmpConnection;
  #state: NetStreamState = 'idle';
  #session: Session | undefined;
  #early = new EarlyMedia();
  #publishing: Publishing | undefined;
  #player: LivePlayer | VodPlayer | undefined;
  /** What the client said that it buffers, ms. */
  #bufferMs: number | undefined;
  #wanted: Wanted = { audio: true, video: true };

  constructor(id: number, connection: RtmpConnection) {
    this.id = id;
    this.#connection = connection;
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
    switch (name) {
      case 'publish':
        // AS2's `publish(false)` and `play(false)` end what goes on.
        if (args[0] === false) this.stop();
        else this.#connection.background(this.#publish(args));
        return true;
      case 'play':
        if (args[0] === false) this.stop();
        else {
          const [name, start, duration, reset] = args;
          this.#connection.background(this.#play(name, reset !== false, start, duration));
        }
        return true;
      case 'play2':
        this.#connection.background(this.#play(property(args[0], 'streamName'), true));
        return true;
      case 'pause':
      case 'pauseRaw':
        this.#player?.pause(args[0] !== false);
        return true;
      case 'seek':
        if (this.#player) this.#player.seek(Number(args[0] ?? 0));
        else this.#notify('NetStream.Seek.Failed', 'Nothing is playing.');
        return true;
      case 'receiveAudio':
        this.#want({ ...this.#wanted, audio: args[0] !== false });
        return true;
      case 'receiveVideo':
        this.#want({ ...this.#wanted, video: args[0] !== false });
        return true;
      case 'closeStream':
        this.stop();
        return true;
      case 'getStats':
        this.#connection.sendCommand(this.id, status.result(transactionId, null, undefined));
        return true;
      default:
        return false;
    }
  }

  // Publishing

  async #publish(args: readonly AmfValue[]): Promise<void> {
    const session = await this.#admit('publish', args[0]);
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
    this.#state = 'publishing';
    this.#connection.send(streamBegin(this.id));
    this.#notify('NetStream.Publish.Start', `${name} is now published.`);
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

  async #play(
    requested: AmfValue,
    reset: boolean,
    start?: AmfValue,
    duration?: AmfValue,
  ): Promise<void> {
    const session = await this.#admit('play', requested);
    if (!session) return;
    if (session.details.app === 'vod') {
      await this.#playFile(session, reset, start, duration);
      return;
    }
    this.#announce(session, reset);
    const { options, sink } = this.#connection;
    const player = new LivePlayer({
      hub: options.hub,
      session,
      sink,
      streamId: this.id,
      wanted: this.#wanted,
      events: {
        notify: (code, description) => this.#notify(code, description),
        ended: () => this.#connection.send(streamEof(this.id)),
      },
    });
    if (this.#session === session) this.#player = player;
  }

  /** Plays a file; `start` and `duration` as the command has them. */
  async #playFile(
    session: Session,
    reset: boolean,
    start: AmfValue,
    duration: AmfValue,
  ): Promise<void> {
    const connection = this.#connection;
    const { name } = session.details;
    const found = await openVod(connection.options.files, session, connection.log);
    if (this.#session !== session) return found.reader?.close(); // Closed meanwhile.
    if (!found.reader) {
      this.#notify(found.code, found.message);
      session.end({ code: 'failed', message: found.message });
      return;
    }
    connection.send(streamIsRecorded(this.id));
    this.#announce(session, reset);
    const player = new VodPlayer({
      name,
      reader: found.reader,
      sink: connection.sink,
      streamId: this.id,
      account: session,
      ...playWindow(start, duration),
      events: {
        notify: (code, description) => this.#notify(code, description),
        ended: () => {
          this.#notify('NetStream.Play.Stop', `Stopped playing ${name}.`);
          connection.send(streamEof(this.id));
        },
        failed: (error) => {
          connection.log.error({ err: error }, `cannot read on in ${name}`);
          session.end({ code: 'failed', message: 'The file cannot be read any more.' });
        },
      },
    });
    this.#player = player;
    session.onEnd(() => player.close());
    if (this.#bufferMs !== undefined) player.setBufferLength(this.#bufferMs);
    if (!this.#wanted.audio || !this.#wanted.video) player.want(this.#wanted);
    player.begin();
  }

  /** What a client is told before the media comes. */
  #announce({ details: { name } }: Session, reset: boolean): void {
    this.#state = 'playing';
    this.#connection.send(streamBegin(this.id));
    if (reset) this.#notify('NetStream.Play.Reset', `Playing and resetting ${name}.`);
    this.#notify('NetStream.Play.Start', `Started playing ${name}.`);
    this.#sendData('|RtmpSampleAccess', true, true);
  }

  #want(wanted: Wanted): void {
    if (wanted.audio === this.#wanted.audio && wanted.video === this.#wanted.video) return;
    this.#wanted = wanted;
    this.#player?.want(wanted);
  }

  /** How far ahead files are sent; live is sent as it comes. */
  setBufferLength(milliseconds: number): void {
    this.#bufferMs = milliseconds;
    this.#player?.setBufferLength(milliseconds);
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
      this.#notify(refusedAs, problem);
      connection.refuse(problem);
      return undefined;
    }
    this.#state = 'asking';
    connection.idleUnlessBusy();
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
      (opened) => (this.#session = opened),
    );
    if (this.#session !== session) return undefined; // Closed meanwhile.
    if (!decision.admitted) {
      const { message } = decision.refusal;
      this.#reset();
      this.#notify(refusedAs, message);
      connection.end({ code: 'refused', message });
      return undefined;
    }
    return session;
  }

  /** The client closes the stream; the connection stays. */
  stop(): void {
    const kind = this.#state;
    this.#session?.end({ code: 'client_left', message: 'The client closed the stream.' });
    if (kind === 'publishing') this.#notify('NetStream.Unpublish.Success', 'Unpublished.');
    else if (kind === 'playing') this.#notify('NetStream.Play.Stop', 'Stopped playing.');
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
        this.#notify(
          kind === 'publish' ? 'NetStream.Publish.Failed' : 'NetStream.Play.Failed',
          reason.message,
        );
        this.#connection.end(reason);
    }
  }

  #reset(): void {
    this.#state = 'idle';
    this.#session = undefined;
    this.#publishing = undefined;
    this.#player = undefined;
    this.#early.clear();
  }

  #notify(code: status.StatusCode, description: string): void {
    const { clientId } = this.#connection;
    this.#connection.sendCommand(
      this.id,
      status.onStatus(code, description, { clientid: String(clientId) }),
    );
  }

  #sendData(...values: AmfValue[]): void {
    this.#connection.send({
      type: MessageType.dataAmf0,
      streamId: this.id,
      timestamp: 0,
      chunkStreamId: NOTICES,
      payload: encodeAmf0(...values),
    });
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
