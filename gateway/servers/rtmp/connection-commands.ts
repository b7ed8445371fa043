import { isAmfObject, type AmfValue } from '../../protocols/amf/value.ts';
import { decodeCommand, type Command, type ObjectEncoding } from '../../protocols/rtmp/command.ts';
import { connectAnswer } from '../../protocols/rtmp/connect-answer.ts';
import {
  setChunkSize,
  setPeerBandwidth,
  windowAcknowledgementSize,
} from '../../protocols/rtmp/control.ts';
import { RtmpError } from '../../protocols/rtmp/errors.ts';
import type { RtmpMessage } from '../../protocols/rtmp/message.ts';
import * as status from '../../protocols/rtmp/status.ts';
import { parseConnect } from '../../protocols/rtmp/url.ts';
import type { App, Argument } from '../../sessions/session.ts';
import { WINDOW } from './connection-control.ts';
import type { NetConnection } from './net-connection.ts';
import { MAX_NET_STREAMS, type NetStreams } from './net-streams.ts';
import { CHUNK_SIZE } from './rtmp-muxer.ts';
import { vodLength } from './vod-open.ts';

/** Where a client connected to, and how it wants to be spoken to. */
export interface Connected {
  readonly app: App;
  readonly args: readonly Argument[];
  readonly objectEncoding: ObjectEncoding;
}

const isApp = (app: string): app is App => app === 'live' || app === 'vod';

/** The commands of a connection; those of a NetStream are handed on to it. */
export class ConnectionCommands {
  #connection: NetConnection;
  #netStreams: NetStreams;
  #onConnect: (connected: Connected) => void;
  #connected = false;

  /** `onConnect` is told before the client hears that it is connected. */
  constructor(
    connection: NetConnection,
    netStreams: NetStreams,
    onConnect: (connected: Connected) => void,
  ) {
    this.#connection = connection;
    this.#netStreams = netStreams;
    this.#onConnect = onConnect;
  }

  /** `connect` went through. */
  get connected(): boolean {
    return this.#connected;
  }

  /** @throws RtmpError `RTMP_BAD_COMMAND` for what is no command, or comes before `connect` */
  handle(message: RtmpMessage): void {
    const command = decodeCommand(message);
    if (command.name === 'connect') {
      this.#connect(command);
      return;
    }
    if (!this.#connected) {
      throw new RtmpError(
        'RTMP_BAD_COMMAND',
        `The command ${JSON.stringify(command.name.slice(0, 40))} came before connect.`,
      );
    }
    const { transactionId, args } = command;
    switch (command.name) {
      case 'createStream':
        this.#createStream(transactionId);
        break;
      case 'deleteStream':
        this.#netStreams.delete(Number(args[0] ?? 0));
        break;
      case 'releaseStream':
      case '_checkbw':
        this.#answer(transactionId, undefined);
        break;
      case 'FCPublish':
        this.#answer(transactionId, undefined);
        this.#notice('onFCPublish', 'NetStream.Publish.Start', args[0]);
        break;
      case 'FCSubscribe':
        this.#answer(transactionId, undefined);
        this.#notice('onFCSubscribe', 'NetStream.Play.Start', args[0]);
        break;
      case 'FCUnpublish':
        this.#netStreams.unpublish(text(args[0]) ?? '');
        this.#answer(transactionId, undefined);
        break;
      case 'getStreamLength':
        this.#connection.background(this.#streamLength(transactionId, text(args[0]) ?? ''));
        break;
      case '_result':
      case '_error':
      case 'onStatus':
        break;
      default:
        this.#streamCommand(message.streamId, command);
    }
  }

  #connect({ transactionId, object }: Command): void {
    const connection = this.#connection;
    const properties = isAmfObject(object) ? object : {};
    const { app, instance, args } = parseConnect(
      text(properties['app']),
      text(properties['tcUrl']),
    );
    // `_definst_`, the default instance, is what Flash Media Server's clients may add.
    const isWhole = instance === '' || instance === '_definst_';
    if (this.#connected || !isApp(app) || !isWhole) {
      const path = instance ? `${app}/${instance}` : app;
      const why = this.#connected
        ? 'This connection is connected already.'
        : `There is no application ${JSON.stringify(path)}; publish and watch at /live, files are at /vod.`;
      this.#refuse(transactionId, 'NetConnection.Connect.Rejected', why);
      connection.refuse(why);
      return;
    }
    const objectEncoding = properties['objectEncoding'] === 3 ? 3 : 0;
    this.#onConnect({ app, args, objectEncoding });
    this.#connected = true;
    connection.send(windowAcknowledgementSize(WINDOW));
    connection.send(setPeerBandwidth(WINDOW, 'dynamic'));
    connection.send(setChunkSize(CHUNK_SIZE));
    connection.sendCommand(0, connectAnswer(transactionId, objectEncoding));
  }

  #createStream(transactionId: number): void {
    const id = this.#netStreams.create();
    if (id !== undefined) this.#answer(transactionId, id);
    else {
      const why = `A connection may have ${MAX_NET_STREAMS} streams.`;
      this.#refuse(transactionId, 'NetConnection.Call.Failed', why);
    }
  }

  /** Live has no length. */
  async #streamLength(transactionId: number, name: string): Promise<void> {
    const { app, options } = this.#connection;
    this.#answer(transactionId, app === 'vod' ? await vodLength(options.files, name) : 0);
  }

  #streamCommand(streamId: number, command: Command): void {
    if (this.#netStreams.get(streamId)?.command(command)) return;
    if (command.transactionId === 0) return;
    const why = `Method not found (${command.name.slice(0, 40)}).`;
    this.#refuse(command.transactionId, 'NetConnection.Call.Failed', why);
  }

  #answer(transactionId: number, value: AmfValue): void {
    this.#connection.sendCommand(0, status.result(transactionId, null, value));
  }

  #refuse(transactionId: number, code: status.StatusCode, why: string): void {
    this.#connection.sendCommand(0, status.error(transactionId, code, why));
  }

  /** What Flash Media Server tells after FCPublish and FCSubscribe, and some encoders wait for. */
  #notice(name: string, code: status.StatusCode, stream: AmfValue): void {
    const args = [status.statusInfo(code, text(stream) ?? '')];
    this.#connection.sendCommand(0, { name, transactionId: 0, object: null, args });
  }
}

const text = (value: AmfValue): string | undefined =>
  typeof value === 'string' ? value : undefined;
