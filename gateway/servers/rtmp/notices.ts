import { encodeAmf0 } from '../../protocols/amf/amf0.ts';
import { streamBegin, streamEof, streamIsRecorded } from '../../protocols/rtmp/control.ts';
import { MessageType } from '../../protocols/rtmp/message.ts';
import { onStatus, type StatusCode } from '../../protocols/rtmp/status.ts';
import type { NetConnection } from './net-connection.ts';

/**
 * Chunk stream of what a NetStream is told besides commands. None of the media's: their headers
 * stand alone, while these build on what the connection last sent on the chunk stream.
 */
const NOTICES = 7;

/** What the client is told about one of its NetStreams. */
export class Notices {
  #streamId: number;
  #connection: NetConnection;

  constructor(streamId: number, connection: NetConnection) {
    this.#streamId = streamId;
    this.#connection = connection;
  }

  status(code: StatusCode, description: string): void {
    const clientid = String(this.#connection.clientId);
    this.#connection.sendCommand(this.#streamId, onStatus(code, description, { clientid }));
  }

  publishing(name: string): void {
    this.#connection.send(streamBegin(this.#streamId));
    this.status('NetStream.Publish.Start', `${name} is now published.`);
  }

  /** What comes before the media of a play; `reset`: as the command asked. */
  playing(name: string, reset: boolean): void {
    this.#connection.send(streamBegin(this.#streamId));
    if (reset) this.status('NetStream.Play.Reset', `Playing and resetting ${name}.`);
    this.status('NetStream.Play.Start', `Started playing ${name}.`);
    this.#connection.send({
      type: MessageType.dataAmf0,
      streamId: this.#streamId,
      timestamp: 0,
      chunkStreamId: NOTICES,
      payload: encodeAmf0('|RtmpSampleAccess', true, true),
    });
  }

  recorded(): void {
    this.#connection.send(streamIsRecorded(this.#streamId));
  }

  /** No more media comes, for now. */
  eof(): void {
    this.#connection.send(streamEof(this.#streamId));
  }
}
