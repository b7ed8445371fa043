import type { EndReason, Flow } from '../sessions/session.ts';
import type { StreamState } from './stream.ts';

/** Where a viewer's bytes go. */
export interface Sink {
  /** Hands over bytes that are shared with other viewers: they are read, never written. */
  write(bytes: Uint8Array): void;
  /** The same for several pieces, in one system call where that can be had. */
  writeAll(pieces: readonly Uint8Array[]): void;
  /** Bytes handed over that the operating system has not taken yet. */
  readonly queued: number;
  /**
   * The file descriptor that the next bytes may be written to directly, by another thread while this
   * one waits; -1 or undefined where they may not.
   */
  readonly descriptor?: number;
}

/** Hands the same bytes to many sinks, as each one's `write` does. */
export type WriteToAll = (sinks: readonly Sink[], bytes: Uint8Array) => void;

export const oneByOne: WriteToAll = (sinks, bytes) => {
  for (const sink of sinks) sink.write(bytes);
};

/** The part of a session that a fan-out keeps up to date. */
export interface ViewerAccount {
  bytes: number;
  dropped: number;
  /** What the flow carries from now on counts as the viewer's, until it follows none. */
  follow(flow: Flow | undefined): void;
  end(reason: EndReason): void;
}

/**
 * - `waiting`: for the stream's first key frame (or its publisher);
 * - `live`: in step with the others;
 * - `behind`: too slow; receives sound while it can, and picture again from a key frame on.
 */
export type ViewerState = 'waiting' | 'live' | 'behind';

export class Viewer {
  readonly sink: Sink;
  readonly account: ViewerAccount;
  state: ViewerState = 'waiting';
  /** Bytes of the burst it joined with, which may still be queued. */
  burst = 0;
  /** Clock, ms, since when it has been behind without taking anything. */
  stuckSince = 0;
  /** Bytes that were queued at that time. */
  stuckAt = 0;

  readonly onStreamState: ((state: StreamState) => void) | undefined;

  /** `onStreamState` is told when the stream's publisher comes, is lost, or leaves. */
  constructor(sink: Sink, account: ViewerAccount, onStreamState?: (state: StreamState) => void) {
    this.sink = sink;
    this.account = account;
    this.onStreamState = onStreamState;
  }
}
