import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { FlvError } from '../../../shared/flv/flv-error.ts';
import type { Log } from '../../ops/log.ts';
import { AmfError } from '../../protocols/amf/errors.ts';
import { ChunkReader } from '../../protocols/rtmp/chunk-reader.ts';
import { isCommand, type Command } from '../../protocols/rtmp/command.ts';
import { isControl, pingRequest } from '../../protocols/rtmp/control.ts';
import { RtmpError } from '../../protocols/rtmp/errors.ts';
import { ServerHandshake } from '../../protocols/rtmp/handshake.ts';
import type { RtmpMessage } from '../../protocols/rtmp/message.ts';
import type { App, Argument, EndReason } from '../../sessions/session.ts';
import { plainAddress } from '../http/request.ts';
import type { SocketSink } from '../socket-sink.ts';
import { readDirectly } from '../tcp-handle.ts';
import { ConnectionCommands } from './connection-commands.ts';
import { ConnectionControl } from './connection-control.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { ConnectionOutput } from './connection-output.ts';
import type { NetConnection } from './net-connection.ts';
import { NetStreams } from './net-streams.ts';
import type { ReadGatherer } from './read-gatherer.ts';

/** Ends that are no news: nothing had begun, or the refusal has been logged. */
const quiet = new Set<EndReason['code']>(['connection_lost', 'refused', 'shutdown']);

/**
 * One RTMP connection: handshake, then `connect`, then NetStreams that publish or play.
 * It reads top to bottom: what comes in, what goes out, how it ends.
 */
export class RtmpConnection implements NetConnection {
  readonly options: ConnectionOptions;
  readonly clientId: number;
  readonly addr: string;
  readonly log: Log;
  app: App = 'live';
  args: readonly Argument[] = [];

  #socket: Socket;
  #gatherer: ReadGatherer;
  #handshake: ServerHandshake | undefined = new ServerHandshake(randomBytes);
  #reader = new ChunkReader();
  #output: ConnectionOutput;
  #netStreams = new NetStreams(this);
  #control = new ConnectionControl(this, this.#netStreams);
  #commands: ConnectionCommands;
  #idle: NodeJS.Timeout | undefined;
  #end: EndReason | undefined;

  constructor(
    socket: Socket,
    options: ConnectionOptions,
    gatherer: ReadGatherer,
    onClose: () => void,
  ) {
    this.#socket = socket;
    this.#gatherer = gatherer;
    this.options = options;
    this.clientId = options.registry.nextClientId();
    this.addr = plainAddress(socket.remoteAddress);
    this.log = options.log.child({ client: this.clientId });
    this.#output = new ConnectionOutput(socket, (bytes) => this.#unread(bytes));
    this.#commands = new ConnectionCommands(this, this.#netStreams, (connected) => {
      this.app = connected.app;
      this.args = connected.args;
      this.#output.objectEncoding = connected.objectEncoding;
    });
    const onMessage = (message: RtmpMessage): void => this.#message(message);
    readDirectly(socket, (data) => this.#data(data, onMessage));
    socket.on('error', (error) => this.#lost(`The connection broke: ${error.message}.`));
    socket.on('end', () => this.#lost('The client closed the connection.'));
    socket.on('close', () => {
      this.#lost('The connection is closed.');
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
        if (step.send) this.#socket.write(step.send);
        if (!step.done) return;
        this.#handshake = undefined;
        rest = step.rest;
      }
      if (rest) this.#reader.push(rest, onMessage);
      this.#control.acknowledge(this.#reader.bytesRead);
      const watched = this.#netStreams.flush();
      if (watched !== undefined) this.#gatherer.rest(this.#socket, data.length, watched);
    } catch (error) {
      this.#fail(error);
    }
  }

  wake(): void {
    this.#gatherer.wake(this.#socket);
  }

  #message(message: RtmpMessage): void {
    if (this.#end) return;
    if (isCommand(message.type)) this.#commands.handle(message);
    else if (isControl(message.type)) this.#control.handle(message);
    // Shared objects, and messages of no known type, are for application handlers; there are none.
    else this.#netStreams.get(message.streamId)?.media(message);
  }

  background(work: Promise<void>): void {
    work.catch((error: unknown) => this.#fail(error));
  }

  // What goes out

  get sink(): SocketSink {
    return this.#output.sink;
  }

  send(message: RtmpMessage): void {
    this.#output.send(message);
  }

  sendCommand(streamId: number, command: Command): void {
    this.#output.sendCommand(streamId, command);
  }

  ping(): void {
    if (this.#commands.connected) this.send(pingRequest(performance.now() >>> 0));
  }

  // How it ends

  idleUnlessBusy(): void {
    clearTimeout(this.#idle);
    if (this.#end || this.#netStreams.busy) return;
    const ms = this.options.settings().handshakeTimeoutMs;
    this.#idle = setTimeout(() => {
      const message = `Nothing was published or played for ${Math.round(ms / 1000)} s.`;
      this.end({ code: 'timeout', message });
    }, ms);
  }

  refuse(message: string): void {
    this.log.warn({ addr: this.addr }, `refused: ${message}`);
    this.end({ code: 'refused', message });
  }

  end(reason: EndReason): void {
    this.#over(reason);
    this.close(2000);
  }

  /** Closes the socket when everything is sent, or after `graceMs`. */
  close(graceMs: number): void {
    // Each of its sessions may ask for it.
    if (this.#socket.writableEnded) return;
    this.#socket.end();
    const cut = setTimeout(() => this.#socket.destroy(), graceMs).unref();
    this.#socket.once('close', () => clearTimeout(cut));
  }

  #fail(error: unknown): void {
    if (error instanceof RtmpError || error instanceof AmfError || error instanceof FlvError) {
      this.end({ code: 'protocol_error', message: `${error.message} (${error.code})` });
    } else {
      this.log.error({ err: error }, 'an RTMP connection failed');
      this.end({ code: 'failed', message: 'The server failed to handle this connection.' });
    }
  }

  #unread(bytes: number): void {
    if (this.#end) return;
    const message = `The client does not read: ${bytes} bytes of answers wait for it.`;
    this.end({ code: 'too_slow', message });
  }

  #lost(message: string): void {
    this.#over({ code: 'connection_lost', message });
  }

  /** The connection is over: its sessions end with it, each once; the first reason counts. */
  #over(reason: EndReason): void {
    if (this.#end) return;
    this.#end = reason;
    clearTimeout(this.#idle);
    this.wake();
    const served = this.#netStreams.over(reason);
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
    if (reason.code === 'connection_lost') this.#socket.end();
  }
}
