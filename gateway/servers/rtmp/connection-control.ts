import {
  acknowledgement,
  parseControl,
  pingResponse,
  windowAcknowledgementSize,
} from '../../protocols/rtmp/control.ts';
import type { RtmpMessage } from '../../protocols/rtmp/message.ts';
import type { NetConnection } from './net-connection.ts';
import type { NetStreams } from './net-streams.ts';

/** What we ask players to acknowledge, and grant publishers, bytes. */
export const WINDOW = 5_000_000;

/** What a connection does with control messages, and the acknowledgements that they ask for. */
export class ConnectionControl {
  #connection: NetConnection;
  #netStreams: NetStreams;
  /** The peer asked for an acknowledgement each so many bytes. */
  #window = WINDOW;
  #acknowledged = 0;

  constructor(connection: NetConnection, netStreams: NetStreams) {
    this.#connection = connection;
    this.#netStreams = netStreams;
  }

  handle(message: RtmpMessage): void {
    const control = parseControl(message);
    switch (control.kind) {
      case 'windowAcknowledgementSize':
        this.#window = Math.max(1, control.size);
        break;
      case 'setPeerBandwidth':
        this.#connection.send(windowAcknowledgementSize(WINDOW));
        break;
      case 'pingRequest':
        this.#connection.send(pingResponse(control.timestamp));
        break;
      case 'setBufferLength':
        this.#netStreams.get(control.streamId)?.setBufferLength(control.milliseconds);
        break;
      default:
        break; // Chunk sizes and aborts are the reader's; the rest asks for nothing.
    }
  }

  /**
   * Acknowledges what was read when it is time, `bytesRead` in all. RTMP 1.0 section 5.4.3: half a
   * window early, so that a sender never stands still.
   */
  acknowledge(bytesRead: number): void {
    if (bytesRead - this.#acknowledged < this.#window / 2) return;
    this.#acknowledged = bytesRead;
    this.#connection.send(acknowledgement(bytesRead));
  }
}
