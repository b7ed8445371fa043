/** An RTMP server that does what a test tells it to, for tests of the client. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { EventEmitter, on, once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { ChunkReader } from '../../gateway/protocols/rtmp/chunk-reader.ts';
import { ChunkWriter } from '../../gateway/protocols/rtmp/chunk-writer.ts';
import { decodeCommand, encodeCommand, isCommand } from '../../gateway/protocols/rtmp/command.ts';
import type { Command } from '../../gateway/protocols/rtmp/command.ts';
import * as control from '../../gateway/protocols/rtmp/control.ts';
import type { ControlMessage } from '../../gateway/protocols/rtmp/control.ts';
import { ServerHandshake } from '../../gateway/protocols/rtmp/handshake.ts';
import type { RtmpMessage } from '../../gateway/protocols/rtmp/message.ts';
import * as status from '../../gateway/protocols/rtmp/status.ts';
import { connect } from '../../gateway/relay/rtmp-client.ts';
import type { RtmpClient, RtmpClientOptions } from '../../gateway/relay/rtmp-client.ts';
import { RtmpClientError } from '../../gateway/relay/rtmp-client-error.ts';
import type { RtmpClientErrorCode } from '../../gateway/relay/rtmp-client-error.ts';

/** The server's end of one connection, which says what the test tells it to. */
export class Peer extends EventEmitter<{
  command: [command: Command, message: RtmpMessage];
  control: [message: ControlMessage];
  media: [message: RtmpMessage];
  closed: [];
}> {
  readonly socket: Socket;
  readonly commands: Command[] = [];
  readonly #writer = new ChunkWriter();

  constructor(socket: Socket) {
    super();
    this.socket = socket;
    const handshake = new ServerHandshake(randomBytes);
    const reader = new ChunkReader();
    let open = false;
    socket.on('error', () => undefined);
    socket.on('close', () => this.emit('closed'));
    socket.on('data', (data) => {
      if (open) {
        reader.push(data, (message) => this.#handle(message));
        return;
      }
      const step = handshake.push(data);
      if (step.send !== undefined) socket.write(step.send);
      open = step.done;
      if (step.rest !== undefined) reader.push(step.rest, (message) => this.#handle(message));
    });
  }

  #handle(message: RtmpMessage): void {
    if (control.isControl(message.type)) {
      this.emit('control', control.parseControl(message));
    } else if (isCommand(message.type)) {
      const command = decodeCommand(message);
      this.commands.push(command);
      this.emit('command', command, message);
    } else {
      this.emit('media', message);
    }
  }

  send(message: Partial<RtmpMessage>): void {
    const usual = {
      type: 9,
      streamId: 1,
      timestamp: 0,
      chunkStreamId: 6,
      payload: Buffer.alloc(0),
    };
    this.socket.write(this.#writer.write({ ...usual, ...message }));
  }

  command(command: Command, streamId = 0): void {
    this.send({ ...encodeCommand(command), streamId, chunkStreamId: 3 });
  }

  /** Resolves with the next control message of that kind. */
  async nextControl<K extends ControlMessage['kind']>(
    kind: K,
  ): Promise<ControlMessage & { kind: K }> {
    for await (const [message] of on(this, 'control') as AsyncIterable<[ControlMessage]>) {
      if (message.kind === kind) return message as ControlMessage & { kind: K };
    }
    throw new Error('the connection ended');
  }
}

/** What a server that agrees with everything does. */
export function agree(peer: Peer, command: Command, message: RtmpMessage): void {
  const { name, transactionId } = command;
  if (name === 'connect') peer.command(status.result(transactionId, null, {}));
  if (name === 'createStream') peer.command(status.result(transactionId, null, 1));
  if (name === 'publish') {
    peer.command(status.onStatus('NetStream.Publish.Start', 'Go.'), message.streamId);
  }
  if (name === 'play') {
    peer.command(status.onStatus('NetStream.Play.Reset', 'Reset.'), message.streamId);
    peer.command(status.onStatus('NetStream.Play.Start', 'Go.'), message.streamId);
  }
}

/** What a server answers a command with. */
export type Script = (peer: Peer, command: Command, message: RtmpMessage) => void;

/** Starts a server that answers commands by `script`; `peers` are its connections. */
export async function serve(
  t: TestContext,
  script: Script = agree,
): Promise<{ url: string; peers: Peer[] }> {
  const peers: Peer[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    const peer = new Peer(socket);
    peer.on('command', (command, message) => script(peer, command, message));
    peers.push(peer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const peer of peers) peer.socket.destroy();
    server.close();
  });
  return { url: `rtmp://127.0.0.1:${(server.address() as AddressInfo).port}/live/lesson`, peers };
}

/** A connected client and its peer. */
export async function pair(
  t: TestContext,
  options: RtmpClientOptions = {},
  script: Script = agree,
): Promise<{ client: RtmpClient; peer: Peer }> {
  const { url, peers } = await serve(t, script);
  const client = await connect(url, options);
  t.after(() => client.close());
  return { client, peer: peers[0]! };
}

/** Asserts that the client refuses with this code, and with the server's status. */
export function fails(
  promise: Promise<unknown>,
  code: RtmpClientErrorCode,
  told = '',
): Promise<void> {
  return assert.rejects(
    promise,
    (error) => error instanceof RtmpClientError && error.code === code && error.status === told,
  );
}

/** The reason with which the client ends. */
export async function end(client: RtmpClient): Promise<RtmpClientError | undefined> {
  const [reason] = (await once(client, 'close')) as [RtmpClientError | undefined];
  return reason;
}

/** The next `count` media messages of the client. */
export function collect(peer: Peer, count: number): Promise<RtmpMessage[]> {
  return new Promise((resolve) => {
    const messages: RtmpMessage[] = [];
    peer.on('media', (message) => {
      messages.push(message);
      if (messages.length === count) resolve(messages);
    });
  });
}

/** Resolves once the client's connection is gone. */
export async function gone(peer: Peer): Promise<void> {
  if (!peer.socket.closed) await once(peer, 'closed');
}
