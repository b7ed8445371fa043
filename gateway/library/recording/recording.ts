import type { Packet } from '../../../shared/media.ts';
import { TrackList } from '../../live/track.ts';
import { transferErrors, type TransferError } from '../transfer-error.ts';
import type { FlvFile } from './flv-file.ts';

/** Why a recording could not go on. */
export interface RecordingFailure {
  readonly error: TransferError;
  readonly message: string;
}

/** What a recording came to. */
export interface RecordingEnd {
  /** The file that was written; undefined when there is none. */
  readonly path: string | undefined;
  /** There is sound or a picture in it. */
  readonly hasMedia: boolean;
  readonly failure: RecordingFailure | undefined;
}

/**
 * - `opening`: the file is being made, packets wait;
 * - `writing`;
 * - `ended`: for whatever reason; nothing is taken any more.
 */
type RecordingState = 'opening' | 'writing' | 'ended';

/** One file of one stream, from its first packet to its last. */
export class Recording {
  /** The file's path; rejects when it could not be made. */
  readonly path: Promise<string>;
  readonly ended: Promise<RecordingEnd>;
  #state: RecordingState = 'opening';
  #file: FlvFile | undefined;
  #early: Packet[] = [];
  #tracks = new TrackList();
  #hasMedia = false;
  #hasPicture = false;
  #resolve!: (end: RecordingEnd) => void;

  constructor(create: () => Promise<FlvFile>) {
    this.ended = new Promise((resolve) => (this.#resolve = resolve));
    const opened = create();
    this.path = opened.then(({ path }) => path);
    this.path.catch(() => {}); // told through `ended`, too
    opened.then(
      (file) => this.#opened(file),
      (error: unknown) => this.#settle(failureOf(error)),
    );
  }

  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Bytes written. */
  get bytes(): number {
    return this.#file?.bytes ?? 0;
  }

  /** Whether this packet can go on in this file: not when it sets up anew what has begun. */
  continuesWith(packet: Packet): boolean {
    return packet.kind === 'data' || !this.#tracks.note(packet) || !this.#hasMedia;
  }

  push(packet: Packet): void {
    if (packet.kind !== 'data' && packet.role !== 'config') {
      // Pictures begin with one that can be decoded.
      if (packet.kind === 'video' && !this.#hasPicture && packet.role !== 'key') return;
      this.#hasPicture ||= packet.kind === 'video';
      this.#hasMedia = true;
    }
    if (this.#state === 'opening') this.#early.push(packet);
    else if (this.#state === 'writing') this.#file!.push(packet);
  }

  /** Writes what came since the last time. */
  async flush(): Promise<void> {
    if (this.#state !== 'writing') return;
    try {
      await this.#file!.flush();
    } catch (error) {
      await this.end(failureOf(error));
    }
  }

  async sync(): Promise<void> {
    if (this.#state !== 'writing') return;
    try {
      await this.#file!.sync();
    } catch (error) {
      await this.end(failureOf(error));
    }
  }

  /** Ends the file; only the first call counts. Resolves when it is written. */
  async end(failure?: RecordingFailure): Promise<RecordingEnd> {
    if (this.#state === 'writing') {
      this.#state = 'ended';
      let late: RecordingFailure | undefined;
      await this.#file!.close().catch((error: unknown) => (late = failureOf(error)));
      this.#settle(failure ?? late);
    } else if (this.#state === 'opening') {
      this.#state = 'ended';
      this.#failure = failure;
    }
    return this.ended;
  }

  /** Set when it was ended before its file was there. */
  #failure: RecordingFailure | undefined;

  #opened(file: FlvFile): void {
    this.#file = file;
    for (const packet of this.#early) file.push(packet);
    this.#early = [];
    const endedEarly = this.#state === 'ended';
    this.#state = 'writing';
    if (endedEarly) void this.end(this.#failure);
  }

  #settle(failure: RecordingFailure | undefined): void {
    this.#state = 'ended';
    this.#early = [];
    this.#resolve({ path: this.#file?.path, hasMedia: this.#hasMedia, failure });
  }
}

function failureOf(error: unknown): RecordingFailure {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const full = ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code);
  const message = error instanceof Error ? error.message : String(error);
  return { error: full ? transferErrors.diskFull : transferErrors.folder, message };
}
