/**
 * What the field `error` of `record_transfer_done` and `upload_transfer_done` says
 * (docs/decisions/007-recording.md).
 */
export const transferErrors = {
  /** All went well. */
  none: 0,
  /** The file could not be turned into an MP4; it is still there as it came. */
  notProcessed: 1,
  /** There was nothing to record, or nothing playable in the file. */
  empty: 2,
  /** The folder is missing or may not be written. */
  folder: 3,
  /** The disk is full, or fuller than `disk_free_min` allows: what had been written is kept. */
  diskFull: 4,
} as const;

export type TransferError = (typeof transferErrors)[keyof typeof transferErrors];
