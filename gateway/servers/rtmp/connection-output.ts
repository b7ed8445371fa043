import type { Socket } from 'node:net';
import { ChunkWriter } from '../../protocols/rtmp/chunk-writer.ts';
import { encodeCommand, type Command, type ObjectEncoding } from '../../protocols/rtmp/command.ts';
import type { RtmpMessage } from '../../protocols/rtmp/message.ts';
import { SocketSink } from '../socket-sink.ts';

/** Answers that a client may leave unread, bytes; whoever only asks and never reads has more. */
const MAX_UNREAD = 1_048_576;
/** Chunk stream of commands. */
const COMMANDS = 3;

/** What a connection sends besides media: commands, control messages and notices. */
export class ConnectionOutput {
  /** All that is sent goes here, media too, so that it stays in order. */
  readonly sink: SocketSink;
  /** As `connect` asked for it. */
  objectEncoding: ObjectEncoding = 0;
  #socket: Socket;
  #writer = new ChunkWriter();
  /** Bytes of answers since the socket's queue was last seen empty. */
  #unread = 0;
  #onUnread: (bytes: number) => void;

  /** `onUnread` is told, each time, that the client leaves more answers unread than it may. */
  constructor(socket: Socket, onUnread: (bytes: number) => void) {
    this.#socket = socket;
    this.sink = new SocketSink(socket);
    this.#onUnread = onUnread;
  }

  send(message: RtmpMessage): void {
    if (!this.#socket.writable) return;
    const bytes = this.#writer.write(message);
    this.#unread = this.sink.queued === 0 ? bytes.length : this.#unread + bytes.length;
    this.sink.writeAll([bytes]);
    if (this.#unread > MAX_UNREAD) this.#onUnread(this.#unread);
  }

  sendCommand(streamId: number, command: Command): void {
    const { type, payload } = encodeCommand(command, this.objectEncoding);
    this.send({ type, streamId, timestamp: 0, chunkStreamId: COMMANDS, payload });
  }
}
