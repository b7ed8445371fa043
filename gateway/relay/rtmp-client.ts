import { EventEmitter } from 'node:events';
import { isAmfObject } from '../protocols/amf/value.ts';
import type { AmfObject, AmfValue } from '../protocols/amf/value.ts';
import { decodeCommand, encodeCommand, isCommand } from '../protocols/rtmp/command.ts';
import type { Command, ObjectEncoding } from '../protocols/rtmp/command.ts';
import { setBufferLength } from '../protocols/rtmp/control.ts';
import { MessageType } from '../protocols/rtmp/message.ts';
import type { RtmpMessage } from '../protocols/rtmp/message.ts';
import { parseRtmpUrl } from '../protocols/rtmp/url.ts';
import type { RtmpUrl } from '../protocols/rtmp/url.ts';
import { RtmpClientError } from './rtmp-client-error.ts';
import { RtmpLink } from './rtmp-link.ts';
import type { RtmpLinkOptions } from './rtmp-link.ts';
import { Waiters } from './waiters.ts';

/** `timeoutMs` (10 s) is for each answer too; `idleMs` is 0, `chunkSize` 64 KiB, `windowBytes` 2.5 MB. */
export interface RtmpClientOptions extends Partial<RtmpLinkOptions> {
  objectEncoding?: ObjectEncoding;
  /** Properties that `connect` has besides the usual ones, or instead of them. */
  properties?: AmfObject;
}

export interface PlayOptions {
  /** Seconds: -2 live, or else recorded; -1 live only; from 0 on recorded, from there. */
  start?: number;
  /** Seconds to play; -1 to the end. */
  duration?: number;
  /** What the server is told that is buffered here, in ms. */
  bufferMs?: number;
}

export interface RtmpClientEvents {
  /** Audio, video or data of a stream that is played; aggregates come apart. */
  media: [message: RtmpMessage];
  /** `onStatus`: the information object and the stream that it came on. */
  status: [info: AmfObject, streamId: number];
  /** Any other command of the server. */
  command: [command: Command, streamId: number];
  /** What was queued when `sendMedia` answered false is gone. */
  drain: [];
  /** The end, once; with the reason unless it was `close()`. */
  close: [reason: RtmpClientError | undefined];
}

const defaults = {
  timeoutMs: 10_000,
  idleMs: 0,
  chunkSize: 65_536,
  windowBytes: 2_500_000,
  objectEncoding: 0 as ObjectEncoding,
  properties: {} as AmfObject,
};

/** Chunk streams, divided as encoders do. */
const ChunkStreamId = { connection: 3, audio: 4, data: 5, video: 6, stream: 8 } as const;

/** What Enhanced RTMP's `connect` announces: the codecs that are passed on. */
const fourCcList = ['avc1', 'hvc1', 'av01', 'vp09', 'mp4a', 'Opus', 'ac-3', 'ec-3', 'fLaC', '.mp3'];

/** Codes that accept a `publish` or `play`. */
const acceptances: ReadonlySet<AmfValue> = new Set([
  'NetStream.Publish.Start',
  'NetStream.Play.Start',
]);

/**
 * Connects to an application of an RTMP server: TCP, handshake, `connect`. The address may go on to
 * a stream's name, which `publish` and `play` then use.
 *
 * Rejects with `RtmpError` when the address is wrong, else with `RtmpClientError`.
 */
export async function connect(url: string, options: RtmpClientOptions = {}): Promise<RtmpClient> {
  return RtmpClient.connect(parseRtmpUrl(url), options);
}

/** A connection to an RTMP server, on which streams are published and played. See `connect`. */
export class RtmpClient extends EventEmitter<RtmpClientEvents> {
  readonly url: RtmpUrl;
  readonly #options: RtmpClientOptions & typeof defaults;
  readonly #link: RtmpLink;

  /** Who waits for an answer, by transaction, and for a stream to start, by stream. */
  readonly #answers: Waiters<number, AmfValue>;
  readonly #starts: Waiters<number>;
  #lastTransaction = 0;

  /** Streams that were created, by id, with the name that is published there. */
  readonly #streams = new Map<number, string | undefined>();
  #lastStream = 0;

  private constructor(url: RtmpUrl, options: RtmpClientOptions) {
    super();
    this.url = url;
    this.#options = { ...defaults, ...options };
    this.#answers = new Waiters(this.#options.timeoutMs);
    this.#starts = new Waiters(this.#options.timeoutMs);
    this.#link = new RtmpLink({ host: url.host, port: url.port }, this.#options, {
      onMessage: (message) => this.#handle(message),
      onDrain: () => this.emit('drain'),
      onEnd: (reason) => this.#onEnd(reason),
    });
  }

  /** See the function `connect`. */
  static async connect(url: RtmpUrl, options: RtmpClientOptions): Promise<RtmpClient> {
    const client = new RtmpClient(url, options);
    await client.#link.open();
    try {
      await client.#connect();
    } catch (error) {
      await client.close();
      throw error;
    }
    return client;
  }

  /** RTMP 1.0 section 7.2.1.1. */
  async #connect(): Promise<void> {
    const { app, tcUrl } = this.url.wire;
    const usual: AmfObject = {
      app,
      type: 'nonprivate',
      flashVer: 'FMLE/3.0 (compatible; AMS Gateway)',
      tcUrl,
      fpad: false,
      capabilities: 239,
      audioCodecs: 0x0fff,
      videoCodecs: 0x00ff,
      videoFunction: 1,
      fourCcList,
      objectEncoding: this.#options.objectEncoding,
    };
    await this.#call('connect', { ...usual, ...this.#options.properties });
  }

  /**
   * Begins to publish, by default what the address names. Resolves to the stream's id once the
   * server has accepted; rejects with `RTMP_CLIENT_REFUSED` and the server's status otherwise.
   */
  async publish(
    name = this.url.wire.name,
    kind: 'live' | 'record' | 'append' = 'live',
  ): Promise<number> {
    this.tell(0, 'releaseStream', name);
    this.tell(0, 'FCPublish', name);
    const streamId = await this.#createStream();
    this.#streams.set(streamId, name);
    this.tell(streamId, 'publish', name, kind);
    return this.#accepted(streamId, `the server to let ${name} be published`);
  }

  /**
   * Begins to play, by default what the address names; `media` events follow. Resolves to the
   * stream's id once the server says that it plays, or media comes; rejects as `publish` does.
   */
  async play(name = this.url.wire.name, options: PlayOptions = {}): Promise<number> {
    const { start = -2, duration = -1, bufferMs = 1000 } = options;
    const streamId = await this.#createStream();
    this.tell(streamId, 'play', name, start, duration);
    this.#link.send(setBufferLength(streamId, bufferMs));
    return this.#accepted(streamId, `the server to play ${name}`);
  }

  async #createStream(): Promise<number> {
    const streamId = await this.#call('createStream', null);
    if (typeof streamId !== 'number') {
      throw new RtmpClientError(
        'RTMP_CLIENT_PROTOCOL',
        `The server answered createStream with ${typeof streamId}; expected a stream id.`,
      );
    }
    this.#streams.set(streamId, undefined);
    this.#lastStream = streamId;
    return streamId;
  }

  /** The stream's id, once the server has let it start; a stream that may not is deleted. */
  async #accepted(streamId: number, what: string): Promise<number> {
    try {
      await this.#starts.wait(streamId, what);
    } catch (error) {
      if (this.#streams.delete(streamId)) this.tell(0, 'deleteStream', streamId);
      throw error;
    }
    return streamId;
  }

  /**
   * Sends an audio, video or data message on the stream that was created last, or on `streamId`.
   * `timestamp` is in ms, modulo 2^32. Answers false when more waits in this process than should:
   * then `drain` says when to go on. What is sent in one turn of the event loop leaves in one write.
   */
  sendMedia(
    type: number,
    timestamp: number,
    payload: Uint8Array,
    streamId = this.#lastStream,
  ): boolean {
    const chunkStreamId = mediaChunkStream(type);
    return this.#link.send({ type, streamId, timestamp: timestamp >>> 0, chunkStreamId, payload });
  }

  /**
   * Calls a command of the server and resolves to the first value of its answer. Rejects with
   * `RTMP_CLIENT_REFUSED` when that is `_error`.
   */
  async call(name: string, ...args: AmfValue[]): Promise<AmfValue> {
    return this.#call(name, null, ...args);
  }

  /** Sends a command that is not answered, or whose answer is an `onStatus`. */
  tell(streamId: number, name: string, ...args: AmfValue[]): void {
    this.#sendCommand(streamId, { name, transactionId: 0, object: null, args });
  }

  /** All bytes received, the handshake among them. */
  get bytesRead(): number {
    return this.#link.bytesRead;
  }

  /** All bytes sent or waiting to be, the handshake among them. */
  get bytesWritten(): number {
    return this.#link.bytesWritten;
  }

  /** Bytes that wait in this process because the server does not take them. */
  get queuedBytes(): number {
    return this.#link.queuedBytes;
  }

  /** The server's last acknowledgement: bytes that it says it has received, modulo 2^32. */
  get acknowledged(): number {
    return this.#link.acknowledged;
  }

  /**
   * Takes leave of the server and closes the connection. Resolves once it is closed, by force after
   * the time limit; whatever was waited for is rejected with `RTMP_CLIENT_ABORTED`.
   */
  async close(): Promise<void> {
    for (const [streamId, published] of this.#streams) {
      if (published !== undefined) this.tell(0, 'FCUnpublish', published);
      this.tell(0, 'deleteStream', streamId);
    }
    this.#streams.clear();
    this.#rejectAll(undefined);
    await this.#link.close();
  }

  async #call(name: string, object: AmfValue, ...args: AmfValue[]): Promise<AmfValue> {
    this.#lastTransaction += 1;
    const transactionId = this.#lastTransaction;
    const answer = this.#answers.wait(transactionId, `the answer to ${name}`);
    this.#sendCommand(0, { name, transactionId, object, args });
    return answer;
  }

  #sendCommand(streamId: number, command: Command): void {
    // Only by `connect` does the server learn of AMF3, so that itself is AMF0.
    const encoding = command.name === 'connect' ? 0 : this.#options.objectEncoding;
    const { type, payload } = encodeCommand(command, encoding);
    const chunkStreamId = streamId === 0 ? ChunkStreamId.connection : ChunkStreamId.stream;
    this.#link.send({ type, streamId, timestamp: 0, chunkStreamId, payload });
  }

  #handle(message: RtmpMessage): void {
    if (isCommand(message.type)) {
      this.#handleCommand(decodeCommand(message), message.streamId);
      return;
    }
    this.#starts.resolve(message.streamId, undefined);
    this.emit('media', message);
  }

  #handleCommand(command: Command, streamId: number): void {
    const { name, transactionId, args } = command;
    const [first] = args;
    if (name === '_result') {
      this.#answers.resolve(transactionId, first);
    } else if (name === '_error') {
      this.#answers.reject(transactionId, refusal(isAmfObject(first) ? first : {}));
    } else if (name === 'onStatus' && isAmfObject(first)) {
      this.#handleStatus(first, streamId);
    } else {
      this.emit('command', command, streamId);
    }
  }

  #handleStatus(info: AmfObject, streamId: number): void {
    // Some servers send a stream's status on stream 0; then it is for who waits longest.
    const waiting = this.#starts.keys;
    const target = waiting.includes(streamId) ? streamId : waiting[0];
    if (target !== undefined) {
      if (info['level'] === 'error') this.#starts.reject(target, refusal(info));
      else if (acceptances.has(info['code'])) this.#starts.resolve(target, undefined);
    }
    this.emit('status', info, streamId);
  }

  #onEnd(reason: RtmpClientError | undefined): void {
    this.#rejectAll(reason);
    this.emit('close', reason);
  }

  #rejectAll(reason: RtmpClientError | undefined): void {
    const error =
      reason ?? new RtmpClientError('RTMP_CLIENT_ABORTED', 'The RTMP connection was closed.');
    this.#answers.rejectAll(error);
    this.#starts.rejectAll(error);
  }
}

function mediaChunkStream(type: number): number {
  if (type === MessageType.audio) return ChunkStreamId.audio;
  return type === MessageType.video ? ChunkStreamId.video : ChunkStreamId.data;
}

function refusal(info: AmfObject): RtmpClientError {
  const status = typeof info['code'] === 'string' ? info['code'] : '';
  const description = typeof info['description'] === 'string' ? info['description'] : '';
  const told = [status, description].filter((text) => text !== '').join(', ');
  return new RtmpClientError(
    'RTMP_CLIENT_REFUSED',
    `The server refused: ${told === '' ? 'it gives no reason' : told}`,
    { status },
  );
}
