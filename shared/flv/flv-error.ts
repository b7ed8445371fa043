/**
 * - `FLV_TRUNCATED`: the bytes end inside a field;
 * - `FLV_UNSUPPORTED`: a codec, packet type or flag that this gateway does not carry;
 * - `FLV_INVALID`: the bytes contradict the format;
 * - `FLV_TOO_LARGE`: a declared size is above the cap.
 */
export type FlvErrorCode = 'FLV_TRUNCATED' | 'FLV_UNSUPPORTED' | 'FLV_INVALID' | 'FLV_TOO_LARGE';

/** What is wrong with an FLV byte stream or with the body of an RTMP audio or video message. */
export class FlvError extends Error {
  override readonly name = 'FlvError';
  readonly code: FlvErrorCode;

  constructor(code: FlvErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
