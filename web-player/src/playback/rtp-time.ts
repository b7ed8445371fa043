/**
 * Where an RTP time stamp lies on the stream's timeline. The gateway says in its WHEP answer, in
 * the video's section, which stream time (ms) one RTP time stamp stands for, as browsers do not
 * show the sender reports that say the same:
 *
 *     a=x-ams-media-time:1374119555 61020
 */
export interface RtpTime {
  /** RTP time stamp, 90 kHz, 32 bits. */
  readonly rtp: number;
  /** The stream time that it stands for, ms. */
  readonly pts: number;
}

const ATTRIBUTE = /^a=x-ams-media-time:(\d{1,10}) (\d+(?:\.\d+)?)\r?$/m;

/** Finds the attribute in an answer's video section; `undefined` from gateways that do not say. */
export function parseRtpTime(sdp: string): RtpTime | undefined {
  const video = sdp.split(/^(?=m=)/m).find((section) => section.startsWith('m=video'));
  const found = ATTRIBUTE.exec(video ?? '');
  return found === null ? undefined : { rtp: Number(found[1]) >>> 0, pts: Number(found[2]) };
}

/** Stream time in ms of an RTP time stamp within half its range (6.6 hours) of the known one. */
export function streamTime(known: RtpTime, rtp: number): number {
  // `| 0` takes the difference modulo 2^32 as a signed number.
  return known.pts + ((rtp - known.rtp) | 0) / 90;
}
