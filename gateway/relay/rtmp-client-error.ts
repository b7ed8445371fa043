/** Stable codes of everything that can go wrong for an RTMP client. */
export const rtmpClientErrorCodes = {
  RTMP_CLIENT_CONNECT: 'No TCP connection to the server.',
  RTMP_CLIENT_TIMEOUT: 'The server did not answer, or was silent, for too long.',
  RTMP_CLIENT_REFUSED:
    'The server said no; `status` has its code, such as NetStream.Publish.BadName.',
  RTMP_CLIENT_CLOSED: 'The connection ended.',
  RTMP_CLIENT_PROTOCOL: 'What the server sent is not RTMP; `cause` has what was wrong.',
  RTMP_CLIENT_LISTENER: 'A listener of the client threw; `cause` has what.',
  RTMP_CLIENT_ABORTED: 'The connection was closed, or its signal aborted, on this side.',
} as const;

export type RtmpClientErrorCode = keyof typeof rtmpClientErrorCodes;

/** Why an RTMP client's connection or request came to nothing. */
export class RtmpClientError extends Error {
  readonly code: RtmpClientErrorCode;
  /** The server's status code, when it refused; else empty. */
  readonly status: string;

  constructor(
    code: RtmpClientErrorCode,
    message: string,
    options: { cause?: unknown; status?: string } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'RtmpClientError';
    this.code = code;
    this.status = options.status ?? '';
  }
}
