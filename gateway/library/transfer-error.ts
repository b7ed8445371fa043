/**
 * What the field `error` of `record_transfer_done` and `upload_transfer_done` says
 * (docs/decisions/008-recording.md).
 */
export const transferErrors = {
  /** All went well. */
  none: 0,
  /** The file could not be turned into an MP4; it is still there as it came. */
  notProcessed: 1,
  /** The folder is missing or may not be written. */
  folder: 2,
  /** The disk is full, or fuller than `disk_free_min` allows: what had been written is kept. */
  diskFull: 3,
} as const;

export type TransferError = (typeof transferErrors)[keyof typeof transferErrors];
