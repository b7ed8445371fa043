/**
 * - `MP4_INVALID`: the bytes contradict the format;
 * - `MP4_TRUNCATED`: a box or a sample goes on beyond the bytes that there are;
 * - `MP4_TOO_LARGE`: a size or count is above what is accepted;
 * - `MP4_UNSUPPORTED`: legal, but not handled here;
 * - `MP4_EMPTY`: there is nothing to play, or nothing in the part that was asked for.
 */
export type Mp4ErrorCode =
  'MP4_INVALID' | 'MP4_TRUNCATED' | 'MP4_TOO_LARGE' | 'MP4_UNSUPPORTED' | 'MP4_EMPTY';

/** What is wrong with an MP4 file, or with what was asked of it. */
export class Mp4Error extends Error {
  override readonly name = 'Mp4Error';
  readonly code: Mp4ErrorCode;

  constructor(code: Mp4ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
