import { FlvIngest } from '../../live/flv-ingest.ts';
import type { Publication } from '../../live/publication.ts';
import type { StreamState } from '../../live/stream.ts';
import { Viewer } from '../../live/viewer.ts';
import { encodeAmf0 } from '../../protocols/amf/amf0.ts';
import { isAmfObject, type AmfValue } from '../../protocols/amf/value.ts';
import { splitAggregate } from '../../protocols/rtmp/aggregate.ts';
import type { Command } from '../../protocols/rtmp/command.ts';
import { streamBegin, streamEof, streamIsRecorded } from '../../protocols/rtmp/control.ts';
import { decodeData, isData } from '../../protocols/rtmp/data.ts';
import { RtmpError } from '../../protocols/rtmp/errors.ts';
import { MessageType, type RtmpMessage } from '../../protocols/rtmp/message.ts';
import * as status from '../../protocols/rtmp/status.ts';
import { parseStreamName } from '../../protocols/rtmp/url.ts';
import type { App, EndReason, Session, SessionKind } from '../../sessions/session.ts';
import { refuseFileName, refuseStreamName } from '../../sessions/stream-name.ts';
import type { RtmpConnection } from './connection.ts';
import { rtmpFormat, type Wanted } from './rtmp-muxer.ts';
import { openVod, playWindow } from './vod-open.ts';
import { VodPlayer } from './vod-player.ts';

/** Bytes of media kept while admission is being asked; encoders send little before they are let in. */
const MAX_EARLY_BYTES = 4_194_304;
/** What keeping a message costs besides its payload: an empty one comes as a single byte. */
const EARLY_MESSAGE_BYTES = 256;

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
  #publication: Publication | undefined;
  #ingest: FlvIngest | undefined;
  #early: RtmpMessage[] = [];
  #earlyBytes = 0;
  #silence: NodeJS.Timeout | undefined;
  #leave: (() => void) | undefined;
  #viewer: Viewer | undefined;
  #file: VodPlayer | undefined;
  /** What the client said that it buffers, ms. */
  #bufferMs: number | undefined;
  #paused = false;
  #wanted: Wanted = { audio: true, video: true };

  constructor(id: number, connection: RtmpConnection) {
    this.id = id;
    this.#connection = connection;
  }

  get busy(): boolean {
    return this.#state !== 'idle';
  }

  get publishing(): boolean {
    return this.#publication !== undefined;
  }

  /** Publishes, and somebody waits for what comes. */
  get watched(): boolean {
    return this.#publication?.stream.watched === true;
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
        this.#pause(args[0] !== false);
        return true;
      case 'seek':
        if (this.#file) this.#file.seek(Number(args[0] ?? 0));
        else this.#notify('NetStream.Seek.Failed', 'A live stream cannot be sought in.');
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
    const { hub, settings } = this.#connection.options;
    const { name } = session.details;
    const publication = hub.publish(name, {
      replaced: () => session.end({ code: 'replaced', message: 'Another publisher took over.' }),
      watched: () => this.#connection.wake(),
    });
    if (!publication) {
      const message = `The stream ${JSON.stringify(name)} is published already.`;
      session.end({ code: 'failed', message });
      return;
    }
    this.#publication = publication;
    this.#ingest = new FlvIngest(publication, (error) =>
      this.#connection.log.warn({ stream: name }, `left out: ${error.message}`),
    );
    this.#state = 'publishing';
    session.onEnd(({ code }) => publication.end(code !== 'connection_lost' && code !== 'timeout'));
    this.#connection.send(streamBegin(this.id));
    this.#notify('NetStream.Publish.Start', `${name} is now published.`);

    const early = this.#early;
    this.#early = [];
    for (const message of early) this.media(message);
    this.flush();

    const silentMs = (): number => performance.now() - publication.lastPacketAt;
    const check = (): void => {
      const limit = settings().publishTimeoutMs;
      if (silentMs() >= limit) {
        const message = `The publisher sent nothing for ${Math.round(limit / 1000)} s.`;
        session.end({ code: 'timeout', message });
      } else {
        this.#silence = setTimeout(check, limit - silentMs() + 1);
      }
    };
    check();
  }

  /** Takes a media message; whoever does not publish here may send nothing. */
  media(message: RtmpMessage): void {
    if (this.#state === 'asking' && this.#session?.details.kind === 'publish') {
      this.#earlyBytes += EARLY_MESSAGE_BYTES + message.payload.length;
      if (this.#earlyBytes > MAX_EARLY_BYTES) {
        throw new RtmpError(
          'RTMP_ASSEMBLY_TOO_LARGE',
          `More than ${MAX_EARLY_BYTES} bytes of media came before publishing was allowed.`,
        );
      }
      // A copy: the payload may be a small part of a read, which would be kept whole.
      this.#early.push({ ...message, payload: Buffer.from(message.payload) });
      return;
    }
    const ingest = this.#ingest;
    const session = this.#session;
    if (!ingest || !session) return;
    const { type, timestamp, payload } = message;
    // An aggregate's parts count themselves.
    if (type !== MessageType.aggregate) session.bytes += payload.length;
    switch (type) {
      case MessageType.video:
        ingest.video(timestamp, payload);
        break;
      case MessageType.audio:
        ingest.audio(timestamp, payload);
        break;
      case MessageType.aggregate:
        for (const part of splitAggregate(message)) this.media(part);
        break;
      default:
        if (isData(type) && payload.length > 0) {
          const { name, body, frame } = decodeData(message);
          // What an encoder clears as it leaves is forgotten with the stream anyhow.
          if (frame !== 'clear') ingest.data(timestamp, name, body);
        }
    }
  }

  /** What came in one read is through. */
  flush(): void {
    const publication = this.#publication;
    if (!publication) return;
    publication.flush();
    this.#session!.timestamp = Math.round(publication.stream.now / 1000);
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
    const { name, app } = session.details;
    if (app === 'vod') {
      await this.#playFile(session, reset, start, duration);
      return;
    }
    this.#state = 'playing';
    this.#connection.send(streamBegin(this.id));
    if (reset) this.#notify('NetStream.Play.Reset', `Playing and resetting ${name}.`);
    this.#notify('NetStream.Play.Start', `Started playing ${name}.`);
    this.#sendData('|RtmpSampleAccess', true, true);
    this.#viewer = new Viewer(this.#connection.sink, session, (state) => this.#streamState(state));
    this.#watch();
    session.onEnd(() => this.#unwatch());
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
    this.#state = 'playing';
    connection.send(streamIsRecorded(this.id));
    connection.send(streamBegin(this.id));
    if (reset) this.#notify('NetStream.Play.Reset', `Playing and resetting ${name}.`);
    this.#notify('NetStream.Play.Start', `Started playing ${name}.`);
    this.#sendData('|RtmpSampleAccess', true, true);
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
    this.#file = player;
    session.onEnd(() => player.close());
    if (this.#bufferMs !== undefined) player.setBufferLength(this.#bufferMs);
    if (!this.#wanted.audio || !this.#wanted.video) player.want(this.#wanted);
    player.begin();
  }

  #watch(): void {
    if (this.#leave || this.#paused || !this.#viewer || !this.#session) return;
    const format = rtmpFormat(this.id, this.#wanted);
    this.#leave = this.#connection.options.hub.watch(
      this.#session.details.name,
      format,
      this.#viewer,
    );
  }

  #unwatch(): void {
    this.#leave?.();
    this.#leave = undefined;
  }

  /** Live goes on while a player pauses: when it resumes, it joins anew. */
  #pause(paused: boolean): void {
    if (this.#file) {
      this.#file.pause(paused);
      return;
    }
    if (this.#state !== 'playing' || paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.#unwatch();
    const code = paused ? 'NetStream.Pause.Notify' : 'NetStream.Unpause.Notify';
    this.#notify(code, paused ? 'Paused.' : 'Playing on.');
    this.#watch();
  }

  #want(wanted: Wanted): void {
    if (wanted.audio === this.#wanted.audio && wanted.video === this.#wanted.video) return;
    this.#wanted = wanted;
    if (this.#state !== 'playing') return;
    if (this.#file) {
      this.#file.want(wanted);
      return;
    }
    this.#unwatch();
    this.#watch();
  }

  /** How far ahead files are sent; live is sent as it comes. */
  setBufferLength(milliseconds: number): void {
    this.#bufferMs = milliseconds;
    this.#file?.setBufferLength(milliseconds);
  }

  #streamState(state: StreamState): void {
    const name = this.#session?.details.name ?? '';
    if (state === 'live') {
      this.#notify('NetStream.Play.PublishNotify', `${name} is now published.`);
    } else if (state === 'ended') {
      this.#notify('NetStream.Play.UnpublishNotify', `${name} is now unpublished.`);
      this.#connection.send(streamEof(this.id));
    }
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
    clearTimeout(this.#silence);
    this.#state = 'idle';
    this.#session = undefined;
    this.#publication = undefined;
    this.#ingest = undefined;
    this.#viewer = undefined;
    this.#file = undefined;
    this.#early = [];
    this.#earlyBytes = 0;
    this.#paused = false;
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
