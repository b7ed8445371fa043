import type { AmfValue } from '../../protocols/amf/value.ts';
import type { Session } from '../../sessions/session.ts';
import { LivePlayer } from './live-player.ts';
import type { NetConnection } from './net-connection.ts';
import type { Notices } from './notices.ts';
import type { Wanted } from './rtmp-muxer.ts';
import { openVod, playWindow } from './vod-open.ts';
import { VodPlayer } from './vod-player.ts';

/** How `play` is to begin (RTMP 1.0 section 7.2.2.1). */
export interface PlayRequest {
  /** Both in seconds, as the command has them: see `playWindow`. */
  readonly start?: AmfValue;
  readonly duration?: AmfValue;
  /** The client is told that earlier plays are over. */
  readonly reset: boolean;
}

/** What a NetStream plays, one thing after the other, and what the client wants of it all. */
export class Playback {
  #streamId: number;
  #connection: NetConnection;
  #notices: Notices;
  #player: LivePlayer | VodPlayer | undefined;
  /** What the client said that it buffers, ms. */
  #bufferMs: number | undefined;
  #wanted: Wanted = { audio: true, video: true };

  constructor(streamId: number, connection: NetConnection, notices: Notices) {
    this.#streamId = streamId;
    this.#connection = connection;
    this.#notices = notices;
  }

  get playing(): boolean {
    return this.#player !== undefined;
  }

  /** Handles a command to what plays; false when it is none that we know. */
  command(name: string, args: readonly AmfValue[]): boolean {
    switch (name) {
      case 'pause':
      case 'pauseRaw':
        this.#player?.pause(args[0] !== false);
        return true;
      case 'seek':
        if (this.#player) this.#player.seek(Number(args[0] ?? 0));
        else this.#notices.status('NetStream.Seek.Failed', 'Nothing is playing.');
        return true;
      case 'receiveAudio':
        this.#want({ ...this.#wanted, audio: args[0] !== false });
        return true;
      case 'receiveVideo':
        this.#want({ ...this.#wanted, video: args[0] !== false });
        return true;
      default:
        return false;
    }
  }

  #want(wanted: Wanted): void {
    if (wanted.audio === this.#wanted.audio && wanted.video === this.#wanted.video) return;
    this.#wanted = wanted;
    this.#player?.want(wanted);
  }

  /** How far ahead files are sent; live is sent as it comes. */
  setBufferLength(milliseconds: number): void {
    this.#bufferMs = milliseconds;
    this.#player?.setBufferLength(milliseconds);
  }

  /** Plays a live stream until the session ends. */
  playLive(session: Session, { reset }: PlayRequest): void {
    const { options, sink } = this.#connection;
    const notices = this.#notices;
    notices.playing(session.details.name, reset);
    const player = new LivePlayer({
      hub: options.hub,
      session,
      sink,
      streamId: this.#streamId,
      wanted: this.#wanted,
      events: {
        notify: (code, description) => notices.status(code, description),
        ended: () => notices.eof(),
      },
    });
    this.#keep(player, session);
  }

  /** Plays a file until the session ends, which it does where there is no such file. */
  async playFile(session: Session, { reset, start, duration }: PlayRequest): Promise<void> {
    const { options, log, sink } = this.#connection;
    const notices = this.#notices;
    const { name } = session.details;
    const found = await openVod(options.files, session, log);
    if (session.state === 'ended') return found.reader?.close(); // Closed meanwhile.
    if (!found.reader) {
      notices.status(found.code, found.message);
      session.end({ code: 'failed', message: found.message });
      return;
    }
    notices.recorded();
    notices.playing(name, reset);
    const player = new VodPlayer({
      name,
      reader: found.reader,
      sink,
      streamId: this.#streamId,
      account: session,
      ...playWindow(start, duration),
      events: {
        notify: (code, description) => notices.status(code, description),
        ended: () => {
          notices.status('NetStream.Play.Stop', `Stopped playing ${name}.`);
          notices.eof();
        },
        failed: (error) => {
          log.error({ err: error }, `cannot read on in ${name}`);
          session.end({ code: 'failed', message: 'The file cannot be read any more.' });
        },
      },
    });
    this.#keep(player, session);
    session.onEnd(() => player.close());
    if (this.#bufferMs !== undefined) player.setBufferLength(this.#bufferMs);
    if (!this.#wanted.audio || !this.#wanted.video) player.want(this.#wanted);
    player.begin();
  }

  /** The client's commands are for this player until the session ends. */
  #keep(player: LivePlayer | VodPlayer, session: Session): void {
    this.#player = player;
    session.onEnd(() => {
      if (this.#player === player) this.#player = undefined;
    });
  }
}
