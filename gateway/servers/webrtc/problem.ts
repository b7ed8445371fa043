import { SdpError } from '../../protocols/sdp/description.ts';
import type { Refusal } from '../../sessions/admission.ts';

/** Words for what goes wrong with a WHEP or WHIP request; the player acts on some of them. */
export type ProblemCode =
  /** The session description or fragment is no good. */
  | 'bad_sdp'
  | 'bad_name'
  /** Nobody publishes this stream. */
  | 'not_live'
  /** There is no such session (any more). */
  | 'no_session'
  /** The stream's codecs are not among those offered. */
  | 'no_codec'
  /** The stream has B-frames, and no encoder is free to remove them. */
  | 'b_frames'
  /** The method is not one of the resource's. */
  | 'bad_method'
  | 'media_type'
  | 'too_large'
  /** The entity tag is not the session's current one. */
  | 'stale_tag'
  | 'refused'
  | 'busy'
  | 'full'
  /** WebRTC is switched off, or its port could not be opened. */
  | 'unavailable';

const statuses: Readonly<Record<ProblemCode, number>> = {
  bad_sdp: 400,
  bad_name: 400,
  refused: 403,
  not_live: 404,
  no_session: 404,
  bad_method: 405,
  no_codec: 406,
  b_frames: 406,
  busy: 409,
  stale_tag: 412,
  too_large: 413,
  media_type: 415,
  full: 503,
  unavailable: 501,
};

/** An answer other than success: a sentence, a code, and the HTTP status that goes with it. */
export class WebRtcProblem extends Error {
  readonly code: ProblemCode;

  constructor(code: ProblemCode, message: string) {
    super(message);
    this.code = code;
  }

  get status(): number {
    return statuses[this.code];
  }
}

const refusals: Readonly<Record<Refusal['code'], ProblemCode>> = {
  limit: 'full',
  shutdown: 'full',
  busy: 'busy',
  bad_name: 'bad_name',
  forbidden: 'refused',
  no_answer: 'refused',
};

/** Admission's refusal as the answer to a request. */
export const problemOf = ({ code, message }: Refusal): WebRtcProblem =>
  new WebRtcProblem(refusals[code], message);

/**
 * Reads a session description or a part of one.
 * @throws WebRtcProblem `bad_sdp`
 */
export const readSdp = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (error instanceof SdpError) throw new WebRtcProblem('bad_sdp', error.message);
    throw error;
  }
};
