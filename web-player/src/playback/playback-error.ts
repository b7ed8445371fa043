/**
 * Why playing does not go on.
 * - `not_live`: nobody publishes this stream (now);
 * - `refused`: the gateway does not let this viewer in;
 * - `unsupported`: this browser or page cannot use the transport at all;
 * - `codec`: the browser cannot decode the stream's codec in this transport;
 * - `b_frames`: the stream has B-frames that the transport cannot carry;
 * - `decode`: decoding went wrong;
 * - `network`: no connection, or it broke;
 * - `slow_start`: connected, but nothing was on screen in time;
 * - `limit`: the gateway has as many viewers as it may have;
 * - `source`: the `src` is neither a name nor an address;
 * - `not_found`: there is no such file.
 */
export type PlaybackErrorCode =
  | 'not_live'
  | 'refused'
  | 'unsupported'
  | 'codec'
  | 'b_frames'
  | 'decode'
  | 'network'
  | 'slow_start'
  | 'limit'
  | 'source'
  | 'not_found';

/** An error whose message is a sentence for developers; viewers get one by its code. */
export class PlaybackError extends Error {
  readonly code: PlaybackErrorCode;

  constructor(code: PlaybackErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PlaybackError';
    this.code = code;
  }

  /** Whether trying the same transport again is pointless. */
  get permanent(): boolean {
    return this.code === 'unsupported' || this.code === 'codec' || this.code === 'b_frames';
  }
}

/** The error for an HTTP answer that refuses: by the gateway's code where it has one, else by status. */
export function errorOfAnswer(what: string, status: number, code?: string): PlaybackError {
  const said = `${what} was answered with ${status}${code === undefined ? '' : ` (${code})`}.`;
  if (code === 'b_frames') return new PlaybackError('b_frames', said);
  if (code === 'no_codec') return new PlaybackError('codec', said);
  if (code === 'not_live') return new PlaybackError('not_live', said);
  switch (status) {
    case 401:
    case 403:
      return new PlaybackError('refused', said);
    case 429:
    case 503:
      return new PlaybackError('limit', said);
    case 404:
      // A gateway without this route says so without a code of ours.
      return new PlaybackError(code === undefined ? 'unsupported' : 'not_live', said);
    case 405:
    case 406:
    case 415:
    case 501:
      return new PlaybackError('unsupported', said);
    default:
      return new PlaybackError('network', said);
  }
}
