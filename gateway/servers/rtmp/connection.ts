import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { FlvError } from '../../../shared/flv/flv-error.ts';
import type { Hub } from '../../live/hub.ts';
import type { Log } from '../../ops/log.ts';
import { AmfError } from '../../protocols/amf/errors.ts';
import { isAmfObject, type AmfValue } from '../../protocols/amf/value.ts';
import { ChunkReader } from '../../protocols/rtmp/chunk-reader.ts';
import { ChunkWriter } from '../../protocols/rtmp/chunk-writer.ts';
import {
  decodeCommand,
  encodeCommand,
  isCommand,
  type Command,
} from '../../protocols/rtmp/command.ts';
import { connectAnswer } from '../../protocols/rtmp/connect-answer.ts';
import {
  acknowledgement,
  isControl,
  parseControl,
  pingRequest,
  pingResponse,
  setChunkSize,
  setPeerBandwidth,
  windowAcknowledgementSize,
} from '../../protocols/rtmp/control.ts';
import { RtmpError } from '../../protocols/rtmp/errors.ts';
import { ServerHandshake } from '../../protocols/rtmp/handshake.ts';
import type { RtmpMessage } from '../../protocols/rtmp/message.ts';
import * as status from '../../protocols/rtmp/status.ts';
import { parseConnect } from '../../protocols/rtmp/url.ts';
import type { SessionRegistry } from '../../sessions/registry.ts';
import type { App, Argument, EndReason } from '../../sessions/session.ts';
import { plainAddress } from '../http/request.ts';
import { SocketSink } from '../socket-sink.ts';
import { readDirectly } from '../tcp-handle.ts';
import type { VodFiles } from '../vod-files.ts';
import { NetStream } from './net-stream.ts';
import type { ReadGatherer } from './read-gatherer.ts';
import { CHUNK_SIZE } from './rtmp-muxer.ts';
import { vodLength } from './vod-open.ts';

/** What we ask players to acknowledge, and grant publishers, bytes. */
const WINDOW = 5_000_000;
const MAX_NET_STREAMS = 32;
/** Answers that a client may leave unread, bytes; whoever only asks and never reads has more. */
const MAX_UNREAD = 1_048_576;
/** Chunk stream of commands. */
const COMMANDS = 3;

/** Ends that are no news: nothing had begun, or the refusal has been logged. */
const quiet = new Set<EndReason['code']>(['connection_lost', 'refused', 'shutdown']);

const isApp = (app: string): app is App => app === 'live' || app === 'vod';

export interface ConnectionSettings {
  /** Connections at the same time, whatever they do. */
  readonly maxConnections: number;
  /** Time a connection has until it publishes or plays, ms. */
  readonly handshakeTimeoutMs: number;
  /** Silence after which a publisher is ended, ms. */
  readonly publishTimeoutMs: number;
}

export interface ConnectionOptions {
  readonly hub: Hub;
  readonly registry: SessionRegistry;
  readonly settings: () => ConnectionSettings;
  /** Where `/vod` finds its files; without, it has none. */
  readonly files?: VodFiles | undefined;
  readonly log: Log;
}

/** What the server's connections share. */
export interface ConnectionContext extends ConnectionOptions {
  readonly gatherer: ReadGatherer;
}

/**
 * One RTMP connection: handshake, then `connect`, then NetStreams that publish or play.
 * It reads top to bottom: what comes in, what commands do, how it ends.
 */
export class RtmpConnection {
  readonly socket: Socket;
  /** All that is sent goes here, so that it stays in order. */
  readonly sink: SocketSink;
  readonly options: ConnectionContext;
  readonly clientId: number;
  readonly addr: string;
  readonly log: Log;
  app: App = 'live';
  args: readonly Argument[] = [];

  #handshake: ServerHandshake | undefined = new ServerHandshake(randomBytes);
  #reader = new ChunkReader();
  #writer = new ChunkWriter();
  #objectEncoding: 0 | 3 = 0;
  #connected = false;
  #netStreams = new Map<number, NetStream>();
  #idle: NodeJS.Timeout | undefined;
  /** The peer asked for an acknowledgement each so many bytes. */
  #ackWindow = WINDOW;
  #acknowledged = 0;
  /** Bytes of answers since the socket's queue was last seen empty. */
  #unread = 0;
  #end: EndReason | undefined;

  constructor(socket: Socket, options: ConnectionContext, onClose: () => void) {
    this.socket = socket;
    this.sink = new SocketSink(socket);
    this.options = options;
    this.clientId = options.registry.nextClientId();
    this.addr = plainAddress(socket.remoteAddress);
    this.log = options.log.child({ client: this.clientId });
    const onMessage = (message: RtmpMessage): void => this.#message(message);
    readDirectly(socket, (data) => this.#data(data, onMessage));
    socket.on('error', (error) =>
      this.#over({ code: 'connection_lost', message: `The connection broke: ${error.message}.` }),
    );
    socket.on('end', () =>
      this.#over({ code: 'connection_lost', message: 'The client closed the connection.' }),
    );
    socket.on('close', () => {
      this.#over({ code: 'connection_lost', message: 'The connection is closed.' });
      onClose();
    });
    this.idleUnlessBusy();
  }

  // What comes in

  #data(data: Buffer, onMessage: (message: RtmpMessage) => void): void {
    if (this.#end) return;
    try {
      let rest: Buffer | undefined = data;
      if (this.#handshake) {
        const step = this.#handshake.push(data);
        if (step.send) this.socket.write(step.send);
        if (!step.done) return;
        this.#handshake = undefined;
        rest = step.rest;
      }
      if (rest) this.#reader.push(rest, onMessage);
      for (const netStream of this.#netStreams.values()) netStream.flush();
      this.#acknowledge();
      if (this.#publishing) {
        this.options.gatherer.rest(this.socket, data.length, this.#watched);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** All that comes in is media. */
  get #publishing(): boolean {
    for (const netStream of this.#netStreams.values()) if (!netStream.publishing) return false;
    return this.#netStreams.size > 0;
  }

  get #watched(): boolean {
    for (const netStream of this.#netStreams.values()) if (netStream.watched) return true;
    return false;
  }

  /** Somebody waits for what comes in. */
  wake(): void {
    this.options.gatherer.wake(this.socket);
  }

  #message(message: RtmpMessage): void {
    if (this.#end) return;
    if (isCommand(message.type)) this.#command(message);
    else if (isControl(message.type)) this.#control(message);
    // Shared objects, and messages of no known type, are for application handlers; there are none.
    else this.#netStream(message.streamId)?.media(message);
  }

  /**
   * The NetStream of that number. Some peers (node-media-server when it pushes) leave the number at
   * 0 for everything: where there is just one NetStream, they can only mean that.
   */
  #netStream(id: number): NetStream | undefined {
    const netStream = this.#netStreams.get(id);
    if (netStream || id !== 0 || this.#netStreams.size !== 1) return netStream;
    return this.#netStreams.values().next().value;
  }

  #control(message: RtmpMessage): void {
    const control = parseControl(message);
    switch (control.kind) {
      case 'windowAcknowledgementSize':
        this.#ackWindow = Math.max(1, control.size);
        break;
      case 'setPeerBandwidth':
        this.send(windowAcknowledgementSize(WINDOW));
        break;
      case 'pingRequest':
        this.send(pingResponse(control.timestamp));
        break;
      case 'setBufferLength':
        this.#netStreams.get(control.streamId)?.setBufferLength(control.milliseconds);
        break;
      default:
        break; // Chunk sizes and aborts are the reader's; the rest asks for nothing.
    }
  }

  /** RTMP 1.0 section 5.4.3: half a window early, so that a sender never stands still. */
  #acknowledge(): void {
    const read = this.#reader.bytesRead;
    if (read - this.#acknowledged < this.#ackWindow / 2) return;
    this.#acknowledged = read;
    this.send(acknowledgement(read));
  }

  // What commands do

  #command(message: RtmpMessage): void {
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
      case 'releaseStream':
      case '_checkbw':
        this.sendCommand(0, status.result(transactionId, null, undefined));
        break;
      case 'FCPublish':
      case 'FCSubscribe': {
        this.sendCommand(0, status.result(transactionId, null, undefined));
        const code =
          command.name === 'FCPublish' ? 'NetStream.Publish.Start' : 'NetStream.Play.Start';
        const info = status.statusInfo(code, text(args[0]) ?? '');
        this.sendCommand(0, {
          name: `on${command.name}`,
          transactionId: 0,
          object: null,
          args: [info],
        });
        break;
      }
      case 'FCUnpublish':
        this.#unpublish(text(args[0]) ?? '');
        this.sendCommand(0, status.result(transactionId, null, undefined));
        break;
      case 'getStreamLength':
        this.background(this.#streamLength(transactionId, text(args[0]) ?? ''));
        break;
      case 'deleteStream':
        this.#deleteStream(Number(args[0] ?? 0));
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
    const properties = isAmfObject(object) ? object : {};
    const address = parseConnect(text(properties['app']), text(properties['tcUrl']));
    // `_definst_`, the default instance, is what Flash Media Server's clients may add.
    const isWhole = address.instance === '' || address.instance === '_definst_';
    if (this.#connected || !isApp(address.app) || !isWhole) {
      const path = address.instance ? `${address.app}/${address.instance}` : address.app;
      const why = this.#connected
        ? 'This connection is connected already.'
        : `There is no application ${JSON.stringify(path)}; publish and watch at /live, files are at /vod.`;
      this.sendCommand(0, status.error(transactionId, 'NetConnection.Connect.Rejected', why));
      this.refuse(why);
      return;
    }
    this.app = address.app;
    this.args = address.args;
    this.#objectEncoding = properties['objectEncoding'] === 3 ? 3 : 0;
    this.#connected = true;
    this.send(windowAcknowledgementSize(WINDOW));
    this.send(setPeerBandwidth(WINDOW, 'dynamic'));
    this.send(setChunkSize(CHUNK_SIZE));
    this.sendCommand(0, connectAnswer(transactionId, this.#objectEncoding));
  }

  #createStream(transactionId: number): void {
    let id = 1;
    while (this.#netStreams.has(id)) id++;
    if (id > MAX_NET_STREAMS) {
      const why = `A connection may have ${MAX_NET_STREAMS} streams.`;
      this.sendCommand(0, status.error(transactionId, 'NetConnection.Call.Failed', why));
      return;
    }
    this.#netStreams.set(id, new NetStream(id, this));
    this.sendCommand(0, status.result(transactionId, null, id));
  }

  #streamCommand(streamId: number, command: Command): void {
    if (this.#netStream(streamId)?.command(command)) return;
    if (command.transactionId === 0) return;
    const why = `Method not found (${command.name.slice(0, 40)}).`;
    this.sendCommand(0, status.error(command.transactionId, 'NetConnection.Call.Failed', why));
  }

  #deleteStream(id: number): void {
    this.#netStreams.get(id)?.stop();
    this.#netStreams.delete(id);
  }

  /** Live has no length. */
  async #streamLength(transactionId: number, name: string): Promise<void> {
    const seconds = this.app === 'vod' ? await vodLength(this.options.files, name) : 0;
    this.sendCommand(0, status.result(transactionId, null, seconds));
  }

  /** Lets a command go on that waits for something; what it throws ends the connection. */
  background(work: Promise<void>): void {
    work.catch((error: unknown) => this.#fail(error));
  }

  #unpublish(name: string): void {
    for (const netStream of this.#netStreams.values()) netStream.unpublish(name);
  }

  // What goes out

  send(message: RtmpMessage): void {
    if (!this.socket.writable) return;
    const bytes = this.#writer.write(message);
    this.#unread = this.sink.queued === 0 ? bytes.length : this.#unread + bytes.length;
    this.sink.writeAll([bytes]);
    if (this.#unread > MAX_UNREAD && !this.#end) {
      const why = `The client does not read: ${this.#unread} bytes of answers wait for it.`;
      this.end({ code: 'too_slow', message: why });
    }
  }

  sendCommand(streamId: number, command: Command): void {
    const { type, payload } = encodeCommand(command, this.#objectEncoding);
    this.send({ type, streamId, timestamp: 0, chunkStreamId: COMMANDS, payload });
  }

  ping(): void {
    if (this.#connected) this.send(pingRequest(performance.now() >>> 0));
  }

  // How it ends

  /** A connection that does nothing for too long is ended; one that publishes or plays is busy. */
  idleUnlessBusy(): void {
    clearTimeout(this.#idle);
    if (this.#end) return;
    for (const netStream of this.#netStreams.values()) if (netStream.busy) return;
    const ms = this.options.settings().handshakeTimeoutMs;
    this.#idle = setTimeout(() => {
      const message = `Nothing was published or played for ${Math.round(ms / 1000)} s.`;
      this.end({ code: 'timeout', message });
    }, ms);
  }

  /** Ends a connection that asked for what it cannot have, with a line in the log. */
  refuse(message: string): void {
    this.log.warn({ addr: this.addr }, `refused: ${message}`);
    this.end({ code: 'refused', message });
  }

  /** Ends the connection from our side, after what is queued has gone out. */
  end(reason: EndReason): void {
    this.#over(reason);
    this.close(2000);
  }

  /** Closes the socket when everything is sent, or after `graceMs`. */
  close(graceMs: number): void {
    if (this.socket.destroyed) return;
    this.socket.end();
    const cut = setTimeout(() => this.socket.destroy(), graceMs).unref();
    this.socket.once('close', () => clearTimeout(cut));
  }

  #fail(error: unknown): void {
    if (error instanceof RtmpError || error instanceof AmfError || error instanceof FlvError) {
      this.end({ code: 'protocol_error', message: `${error.message} (${error.code})` });
    } else {
      this.log.error({ err: error }, 'an RTMP connection failed');
      this.end({ code: 'failed', message: 'The server failed to handle this connection.' });
    }
  }

  /** The connection is over: its sessions end with it, each once; the first reason counts. */
  #over(reason: EndReason): void {
    if (this.#end) return;
    this.#end = reason;
    clearTimeout(this.#idle);
    this.wake();
    let served = false;
    for (const netStream of this.#netStreams.values()) served = netStream.over(reason) || served;
    this.#netStreams.clear();
    // Unfinished messages may be megabytes: they do not wait for the socket to close.
    this.#reader = new ChunkReader();
    // Sessions log their own end; this line is for connections that never came so far.
    if (!served) {
      const level = quiet.has(reason.code) ? 'debug' : 'warn';
      this.log[level](
        { addr: this.addr, reason: reason.code },
        `RTMP connection ended: ${reason.message}`,
      );
    }
    if (reason.code === 'connection_lost') this.socket.end();
  }
}

const text = (value: AmfValue): string | undefined =>
  typeof value === 'string' ? value : undefined;
