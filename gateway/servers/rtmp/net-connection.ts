import type { Sink } from '../../live/viewer.ts';
import type { Log } from '../../ops/log.ts';
import type { Command } from '../../protocols/rtmp/command.ts';
import type { RtmpMessage } from '../../protocols/rtmp/message.ts';
import type { App, Argument, EndReason } from '../../sessions/session.ts';
import type { ConnectionOptions } from './connection-options.ts';

/** A connection as its NetStreams and its commands see it. */
export interface NetConnection {
  readonly options: ConnectionOptions;
  readonly clientId: number;
  /** The client's IP address, without a port. */
  readonly addr: string;
  readonly log: Log;
  /** Where `connect` went, and the arguments of its address. */
  readonly app: App;
  readonly args: readonly Argument[];
  /** Where media goes; what is sent by the methods below stays in order with it. */
  readonly sink: Sink;

  send(message: RtmpMessage): void;
  sendCommand(streamId: number, command: Command): void;
  /** Lets a command go on that waits for something; what it throws ends the connection. */
  background(work: Promise<void>): void;
  /** Somebody waits for what comes in. */
  wake(): void;
  /** A connection that does nothing for too long is ended; one that publishes or plays is busy. */
  idleUnlessBusy(): void;
  /** Ends a connection that asked for what it cannot have, with a line in the log. */
  refuse(message: string): void;
  /** Ends the connection from our side, after what is queued has gone out. */
  end(reason: EndReason): void;
}
