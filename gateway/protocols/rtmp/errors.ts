/** Stable codes of everything that RTMP input, or a peer, can be refused for. */
export const rtmpErrorCodes = {
  RTMP_HANDSHAKE_VERSION: 'The first byte is not the version of plain RTMP.',
  RTMP_HANDSHAKE_ENCRYPTED: 'The peer wants RTMPE, encrypted RTMP, which is not spoken here.',
  RTMP_CHUNK_SIZE: 'A Set Chunk Size outside 1 to 2^31 - 1.',
  RTMP_CHUNK_HEADER: 'A chunk header that does not fit what came before on its chunk stream.',
  RTMP_CHUNK_STREAMS: 'More chunk streams than the limit.',
  RTMP_MESSAGE_TOO_LARGE: 'A message longer than the limit.',
  RTMP_ASSEMBLY_TOO_LARGE: 'More bytes of unfinished messages than the limit.',
  RTMP_BAD_CONTROL: 'A protocol control or user control message that is cut short or unknown.',
  RTMP_BAD_COMMAND: 'A command message without a command.',
  RTMP_BAD_DATA: 'A data message without a name.',
  RTMP_BAD_AGGREGATE: 'An aggregate message whose parts do not fill it.',
  RTMP_BAD_URL: 'An address that is not an RTMP address.',
} as const;

export type RtmpErrorCode = keyof typeof rtmpErrorCodes;

/** A refusal of what came over RTMP; the protocol's functions throw this and `AmfError` only. */
export class RtmpError extends Error {
  readonly code: RtmpErrorCode;

  constructor(code: RtmpErrorCode, message: string) {
    super(message);
    this.name = 'RtmpError';
    this.code = code;
  }
}
