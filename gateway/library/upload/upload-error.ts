/**
 * - `bad_name`: a name that no file may have;
 * - `exists`: there is a file of that name: nothing is ever overwritten;
 * - `busy`: somebody else is sending that file;
 * - `mismatch`: a part that does not follow what is there; `received` says how much that is;
 * - `too_large`: beyond `upload_max_size`;
 * - `disk_full`: beyond `disk_free_min`;
 * - `broken_off`: the sender left in the middle.
 */
export type UploadErrorCode =
  'bad_name' | 'exists' | 'busy' | 'mismatch' | 'too_large' | 'disk_full' | 'broken_off';

/** An upload that cannot be taken, or not as it came. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly code: UploadErrorCode;
  /** Bytes that have been received of the file. */
  readonly received: number;

  constructor(code: UploadErrorCode, message: string, received = 0, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.received = received;
  }
}
