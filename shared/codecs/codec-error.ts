/**
 * - `CODEC_TRUNCATED`: the bytes end inside a field;
 * - `CODEC_INVALID`: the bytes contradict the standard;
 * - `CODEC_UNSUPPORTED`: legal, but not handled here.
 */
export type CodecErrorCode = 'CODEC_TRUNCATED' | 'CODEC_INVALID' | 'CODEC_UNSUPPORTED';

/** What is wrong with a codec's configuration, header or access unit. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
  readonly code: CodecErrorCode;

  constructor(code: CodecErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The error for bytes that end too early; sizes in bytes. */
export function codecTruncated(what: string, expected: number, got: number): CodecError {
  return new CodecError(
    'CODEC_TRUNCATED',
    `${what} ends too early: it has ${got} bytes, expected at least ${expected}.`,
  );
}
