import type { Argument } from '../../sessions/session.ts';
import type { TransferError } from '../transfer-error.ts';

/** What a finished job is told as. */
export interface TransferReport {
  /** Seconds. */
  readonly duration: number;
  /** Bytes. */
  readonly size: number;
  readonly fps: number;
  /** bit/s */
  readonly bitrate: number;
  /** `1280x720`; `0x0` without a picture. */
  readonly wh: string;
  /** The file, absolute; undefined when there is none. */
  readonly path: string | undefined;
  /** Its picture, a JPEG; undefined when there is none. */
  readonly picture: string | undefined;
  readonly error: TransferError;
}

/**
 * - `writing`: the file still grows; after a crash it is as whole as it will be;
 * - `waiting`: for its turn to be processed;
 * - `telling`: processed, and on its way to the callback receiver;
 * - `kept`: the receiver could not be told; it is tried again at the next start or reload.
 */
export type JobStep = 'writing' | 'waiting' | 'telling' | 'kept';

/** A file on its way into the library; kept on disk until it is all done. */
export interface Job {
  readonly id: string;
  readonly kind: 'recording' | 'upload';
  /** The stream's name, or the upload's. */
  readonly name: string;
  /** The file as it came. */
  readonly source: string;
  /** The uploader's arguments. */
  readonly args: readonly Argument[];
  readonly step: JobStep;
  /** What went wrong before processing. */
  readonly error: TransferError;
  /** From `telling` on. */
  readonly report?: TransferReport;
}
