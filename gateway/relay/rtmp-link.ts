import { randomBytes } from 'node:crypto';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { AmfError } from '../protocols/amf/errors.ts';
import { splitAggregate } from '../protocols/rtmp/aggregate.ts';
import { ChunkReader } from '../protocols/rtmp/chunk-reader.ts';
import { ChunkWriter } from '../protocols/rtmp/chunk-writer.ts';
import {
  acknowledgement,
  isControl,
  parseControl,
  pingResponse,
  setChunkSize,
  windowAcknowledgementSize,
} from '../protocols/rtmp/control.ts';
import { RtmpError } from '../protocols/rtmp/errors.ts';
import { ClientHandshake } from '../protocols/rtmp/handshake.ts';
import { MessageType } from '../protocols/rtmp/message.ts';
import type { RtmpMessage } from '../protocols/rtmp/message.ts';
import { RtmpClientError } from './rtmp-client-error.ts';
import { Waiters } from './waiters.ts';

export interface RtmpLinkOptions {
  /** For the TCP connection, the handshake and a clean end, in ms each. */
  timeoutMs: number;
  /** The link ends when nothing at all passes for so long, in ms; 0: never. */
  idleMs: number;
  /** Largest chunk that is sent, in bytes. */
  chunkSize: number;
  /** The server is asked to acknowledge each so many bytes. */
  windowBytes: number;
  /** Ends the link, whatever it is doing. */
  signal?: AbortSignal | undefined;
}

export interface RtmpLinkHandlers {
  /** Each message that is not the link's own business; aggregates come apart. */
  onMessage: (message: RtmpMessage) => void;
  /** What was queued when `send` answered false is gone. */
  onDrain: () => void;
  /** The end, once; with the reason unless `close` was called on an open link. */
  onEnd: (reason: RtmpClientError | undefined) => void;
}

export type OutgoingMessage = Omit<RtmpMessage, 'payload'> & { payload: Uint8Array };

/** S0, S1 and S2 count among the bytes that are acknowledged. */
const HANDSHAKE_BYTES_READ = 3073;

/**
 * The client's end of an RTMP connection below commands: TCP, handshake, chunk streams,
 * acknowledgements both ways, pings.
 */
export class RtmpLink {
  readonly #address: { host: string; port: number };
  readonly #options: RtmpLinkOptions;
  readonly #handlers: RtmpLinkHandlers;
  readonly #socket: Socket;
  readonly #handshake = new ClientHandshake(randomBytes, () => performance.now());
  readonly #reader = new ChunkReader();
  readonly #writer = new ChunkWriter();
  readonly #steps: Waiters<'connection' | 'handshake'>;
  readonly #ended = Promise.withResolvers<void>();
  #state: 'connecting' | 'handshake' | 'open' | 'closing' | 'closed' = 'connecting';

  /** The server wants an acknowledgement at least each so many bytes; 0: it has not said so. */
  #serverWindow = 0;
  #lastAcknowledgement = 0;
  #acknowledged = 0;
  #corked = false;

  constructor(
    address: { host: string; port: number },
    options: RtmpLinkOptions,
    handlers: RtmpLinkHandlers,
  ) {
    this.#address = address;
    this.#options = options;
    this.#handlers = handlers;
    this.#steps = new Waiters(options.timeoutMs);
    this.#socket = createConnection({ ...address, noDelay: true });
    this.#listen();
  }

  /** All bytes received, the handshake among them. */
  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  /** All bytes given to the system or waiting for it, the handshake among them. */
  get bytesWritten(): number {
    return this.#socket.bytesWritten;
  }

  /** Bytes that wait in this process because the server does not take them. */
  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /** The server's last acknowledgement: bytes that it says it has received, modulo 2^32. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Resolves when messages can be sent; rejects, the link then being closed, when that fails. */
  async open(): Promise<void> {
    try {
      const { host, port } = this.#address;
      await this.#steps.wait('connection', `a connection to ${host} port ${port}`);
      this.#state = 'handshake';
      this.#socket.write(this.#handshake.start());
      await this.#steps.wait('handshake', "the server's handshake");
    } catch (error) {
      this.end(error instanceof RtmpClientError ? error : undefined);
      throw error;
    }
    this.send(windowAcknowledgementSize(this.#options.windowBytes));
    this.send(setChunkSize(this.#options.chunkSize));
  }

  /**
   * Sends a message; messages sent in one turn of the event loop leave in one write. Answers false
   * when more waits in this process than should: `onDrain` says when to go on.
   */
  send(message: OutgoingMessage): boolean {
    if (this.#state !== 'open') return false;
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    return this.#socket.write(this.#writer.write(message));
  }

  /** Ends after what has been sent; resolves once the link is closed, by force after the time limit. */
  async close(): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'closing';
      this.#socket.end();
      const force = setTimeout(() => this.end(undefined), this.#options.timeoutMs);
      void this.#ended.promise.then(() => clearTimeout(force));
    } else if (this.#state !== 'closing') {
      this.end(new RtmpClientError('RTMP_CLIENT_ABORTED', 'The RTMP connection was given up.'));
    }
    await this.#ended.promise;
  }

  /** Ends at once. Only the first reason counts, and none does after `close`. */
  end(reason: RtmpClientError | undefined): void {
    if (this.#state === 'closed') return;
    const told = this.#state === 'closing' ? undefined : reason;
    this.#state = 'closed';
    this.#socket.destroy();
    if (reason !== undefined) this.#steps.rejectAll(reason);
    this.#ended.resolve();
    this.#handlers.onEnd(told);
  }

  #listen(): void {
    const socket = this.#socket;
    const { host, port } = this.#address;
    const { signal, idleMs } = this.#options;
    const onAbort = (): void => {
      this.end(new RtmpClientError('RTMP_CLIENT_ABORTED', "The RTMP connection's signal aborted."));
    };
    if (signal?.aborted) process.nextTick(onAbort);
    signal?.addEventListener('abort', onAbort, { once: true });

    socket.once('connect', () => this.#steps.resolve('connection', undefined));
    socket.on('data', (data) => this.#receive(data));
    socket.on('drain', () => this.#handlers.onDrain());
    socket.setTimeout(idleMs, () => {
      const text = `The RTMP connection was idle for ${idleMs} ms.`;
      this.end(new RtmpClientError('RTMP_CLIENT_TIMEOUT', text));
    });
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      const text = cause.message === '' ? (cause.code ?? 'no reason given') : cause.message;
      this.end(
        this.#state === 'connecting'
          ? new RtmpClientError(
              'RTMP_CLIENT_CONNECT',
              `Cannot connect to ${host} port ${port}: ${text}.`,
              { cause },
            )
          : new RtmpClientError('RTMP_CLIENT_CLOSED', `The RTMP connection broke: ${text}.`, {
              cause,
            }),
      );
    });
    socket.once('close', () => {
      signal?.removeEventListener('abort', onAbort);
      this.end(new RtmpClientError('RTMP_CLIENT_CLOSED', 'The server closed the RTMP connection.'));
    });
  }

  #receive(data: Buffer): void {
    try {
      if (this.#state === 'handshake') this.#shakeHands(data);
      else if (this.#state === 'open') this.#readChunks(data);
    } catch (cause) {
      const isPeers = cause instanceof RtmpError || cause instanceof AmfError;
      const text = cause instanceof Error ? cause.message : String(cause);
      this.end(
        isPeers
          ? new RtmpClientError('RTMP_CLIENT_PROTOCOL', `The server broke RTMP: ${text}`, { cause })
          : new RtmpClientError('RTMP_CLIENT_LISTENER', `A listener failed: ${text}`, { cause }),
      );
    }
  }

  #shakeHands(data: Buffer): void {
    const step = this.#handshake.push(data);
    if (step.send !== undefined) this.#socket.write(step.send);
    if (!step.done) return;
    this.#state = 'open';
    this.#steps.resolve('handshake', undefined);
    if (step.rest !== undefined) this.#readChunks(step.rest);
  }

  #readChunks(data: Buffer): void {
    this.#reader.push(data, (message) => this.#handle(message));
    const received = HANDSHAKE_BYTES_READ + this.#reader.bytesRead;
    // Half a window early, so that a server which waits at the whole one never has to.
    if (this.#serverWindow > 0 && received - this.#lastAcknowledgement >= this.#serverWindow / 2) {
      this.#lastAcknowledgement = received;
      this.send(acknowledgement(received));
    }
  }

  #handle(message: RtmpMessage): void {
    if (message.type === MessageType.aggregate) {
      for (const part of splitAggregate(message)) this.#handle(part);
    } else if (isControl(message.type)) {
      this.#obey(message);
    } else if (this.#state === 'open') {
      this.#handlers.onMessage(message);
    }
  }

  #obey(message: RtmpMessage): void {
    const control = parseControl(message);
    switch (control.kind) {
      case 'windowAcknowledgementSize':
        this.#serverWindow = control.size;
        return;
      case 'setPeerBandwidth':
        this.send(windowAcknowledgementSize(this.#options.windowBytes));
        return;
      case 'acknowledgement':
        this.#acknowledged = control.sequenceNumber;
        return;
      case 'pingRequest':
        this.send(pingResponse(control.timestamp));
        return;
      default:
      // Stream begin, stream EOF and the like: `onStatus` says the same.
    }
  }
}
