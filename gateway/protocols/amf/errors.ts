/** Stable codes of everything that reading or writing AMF can refuse. */
export const amfErrorCodes = {
  AMF_TRUNCATED: 'The bytes end inside a value.',
  AMF_BAD_MARKER: 'A type marker that the format does not define, or not there.',
  AMF_BAD_REFERENCE: 'A reference to something that has not been read.',
  AMF_CYCLE: 'A value that contains itself.',
  AMF_TOO_DEEP: 'Values nested deeper than the limit.',
  AMF_TOO_LARGE: 'More values, or more text, than the limit.',
  AMF_UNSUPPORTED: 'A value that is legal but has no counterpart here.',
} as const;

export type AmfErrorCode = keyof typeof amfErrorCodes;

/** A refusal to read or write AMF data; the only error that the AMF codecs throw. */
export class AmfError extends Error {
  readonly code: AmfErrorCode;

  constructor(code: AmfErrorCode, message: string) {
    super(message);
    this.name = 'AmfError';
    this.code = code;
  }
}
