import type { Hub } from '../../live/hub.ts';
import type { StreamState } from '../../live/stream.ts';
import { Viewer, type Sink } from '../../live/viewer.ts';
import type { StatusCode } from '../../protocols/rtmp/status.ts';
import type { Session } from '../../sessions/session.ts';
import { rtmpFormat, type Wanted } from './rtmp-muxer.ts';

/** What the player says of itself to its NetStream. */
export interface LivePlayerEvents {
  notify(code: StatusCode, description: string): void;
  /** The publisher has left: the last word is Stream EOF. */
  ended(): void;
}

export interface LivePlayerOptions {
  readonly hub: Hub;
  /** Playing ends with it. */
  readonly session: Session;
  readonly sink: Sink;
  readonly streamId: number;
  readonly wanted: Wanted;
  readonly events: LivePlayerEvents;
}

/** Plays a live stream to one NetStream. */
export class LivePlayer {
  readonly #options: LivePlayerOptions;
  readonly #viewer: Viewer;
  #wanted: Wanted;
  #paused = false;
  #leave: (() => void) | undefined;

  constructor(options: LivePlayerOptions) {
    const { sink, session, wanted } = options;
    this.#options = options;
    this.#wanted = wanted;
    this.#viewer = new Viewer(sink, session, (state) => this.#onState(state));
    this.#join();
    session.onEnd(() => this.#part());
  }

  /** Live goes on while a player pauses: when it resumes, it joins anew. */
  pause(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.#part();
    const { events } = this.#options;
    if (paused) events.notify('NetStream.Pause.Notify', 'Paused.');
    else events.notify('NetStream.Unpause.Notify', 'Playing on.');
    this.#join();
  }

  seek(): void {
    this.#options.events.notify('NetStream.Seek.Failed', 'A live stream cannot be sought in.');
  }

  want(wanted: Wanted): void {
    this.#wanted = wanted;
    this.#part();
    this.#join();
  }

  /** Live is sent as it comes, whatever the client buffers. */
  setBufferLength(): void {}

  #join(): void {
    if (this.#leave || this.#paused) return;
    const { hub, session, streamId } = this.#options;
    const format = rtmpFormat(streamId, this.#wanted);
    this.#leave = hub.watch(session.details.name, format, this.#viewer);
  }

  #part(): void {
    this.#leave?.();
    this.#leave = undefined;
  }

  #onState(state: StreamState): void {
    const { events, session } = this.#options;
    const { name } = session.details;
    if (state === 'live') {
      events.notify('NetStream.Play.PublishNotify', `${name} is now published.`);
    } else if (state === 'ended') {
      events.notify('NetStream.Play.UnpublishNotify', `${name} is now unpublished.`);
      events.ended();
    }
  }
}
