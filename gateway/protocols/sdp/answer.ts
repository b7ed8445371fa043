/**
 * Writes the answer of an ICE-lite, DTLS-passive server (RFC 9429; RFC 8839; RFC 8842).
 */
import type { LocalCandidate } from './candidate.ts';
import { candidateValue } from './candidate.ts';
import { formatParameters } from './codecs.ts';
import type { Fingerprint, IceCredentials, OfferedCodec, OfferedMedia } from './offer.ts';

/** A media section that is taken. */
export interface AcceptedMedia {
  readonly direction: 'sendonly' | 'recvonly';
  readonly codec: OfferedCodec;
  /** Header extensions used, of those offered. */
  readonly extensions: readonly { readonly id: number; readonly uri: string }[];
  /** RTCP feedback used, of that offered for the codec. */
  readonly feedback: readonly string[];
  /** What we send as; absent when we receive. */
  readonly source?: {
    readonly ssrc: number;
    readonly rtxSsrc: number | undefined;
    readonly cname: string;
    readonly streamId: string;
    readonly trackId: string;
  };
  /** The RTP time (32 bits) that stands for a moment of the stream, ms: our own attribute. */
  readonly mediaTime?: { readonly rtp: number; readonly ms: number };
}

export interface AnswerParameters {
  /** A number of up to 62 bits, as decimal digits. */
  readonly sessionId: string;
  readonly ice: IceCredentials;
  readonly fingerprint: Fingerprint;
  readonly candidates: readonly LocalCandidate[];
  /** Every section of the offer in its order; `undefined` rejects it. */
  readonly media: readonly {
    readonly offered: OfferedMedia;
    readonly accepted: AcceptedMedia | undefined;
  }[];
}

const rejected = (offered: OfferedMedia): string[] => [
  `m=${offered.kind} 0 ${offered.protocol} ${offered.formats[0] ?? '0'}`,
  'c=IN IP4 0.0.0.0',
  'a=inactive',
  `a=mid:${offered.mid}`,
];

const transportLines = (answer: AnswerParameters): string[] => [
  `a=ice-ufrag:${answer.ice.ufrag}`,
  `a=ice-pwd:${answer.ice.password}`,
  `a=fingerprint:${answer.fingerprint.algorithm} ${answer.fingerprint.value}`,
  'a=setup:passive',
];

const candidateLines = (candidates: readonly LocalCandidate[]): string[] => [
  ...candidates.map((candidate, index) => `a=candidate:${candidateValue(candidate, index)}`),
  'a=end-of-candidates',
];

const sourceLines = (source: NonNullable<AcceptedMedia['source']>): string[] => {
  const { ssrc, rtxSsrc, cname, streamId, trackId } = source;
  const lines = [`a=msid:${streamId} ${trackId}`];
  if (rtxSsrc !== undefined) lines.push(`a=ssrc-group:FID ${ssrc} ${rtxSsrc}`);
  for (const one of rtxSsrc === undefined ? [ssrc] : [ssrc, rtxSsrc]) {
    lines.push(`a=ssrc:${one} cname:${cname}`, `a=ssrc:${one} msid:${streamId} ${trackId}`);
  }
  return lines;
};

const acceptedLines = (
  answer: AnswerParameters,
  offered: OfferedMedia,
  accepted: AcceptedMedia,
): string[] => {
  const { codec, source, mediaTime } = accepted;
  const { payloadType, rtx } = codec;
  const formats = rtx === undefined ? `${payloadType}` : `${payloadType} ${rtx}`;
  const channels = codec.channels > 1 ? `/${codec.channels}` : '';
  const name = codec.name === 'OPUS' ? 'opus' : codec.name;
  const parameters = formatParameters(codec);
  return [
    `m=${offered.kind} 9 ${offered.protocol} ${formats}`,
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    ...transportLines(answer),
    `a=mid:${offered.mid}`,
    ...accepted.extensions.map(({ id, uri }) => `a=extmap:${id} ${uri}`),
    `a=${accepted.direction}`,
    'a=rtcp-mux',
    'a=rtcp-rsize',
    `a=rtpmap:${payloadType} ${name}/${codec.clockRate}${channels}`,
    ...(parameters === '' ? [] : [`a=fmtp:${payloadType} ${parameters}`]),
    ...accepted.feedback.map((value) => `a=rtcp-fb:${payloadType} ${value}`),
    ...(rtx === undefined
      ? []
      : [`a=rtpmap:${rtx} rtx/${codec.clockRate}`, `a=fmtp:${rtx} apt=${payloadType}`]),
    ...(source === undefined ? [] : sourceLines(source)),
    ...(mediaTime === undefined ? [] : [`a=x-ams-media-time:${mediaTime.rtp} ${mediaTime.ms}`]),
    ...candidateLines(answer.candidates),
  ];
};

/** Writes the answer; lines end with CR LF as RFC 8866 wants. */
export const buildAnswer = (answer: AnswerParameters): string => {
  const taken = answer.media.filter(({ accepted }) => accepted !== undefined);
  const lines = [
    'v=0',
    `o=- ${answer.sessionId} 2 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    'a=ice-lite',
    `a=group:BUNDLE ${taken.map(({ offered }) => offered.mid).join(' ')}`,
    'a=msid-semantic: WMS *',
    ...answer.media.flatMap(({ offered, accepted }) =>
      accepted === undefined ? rejected(offered) : acceptedLines(answer, offered, accepted),
    ),
  ];
  return `${lines.join('\r\n')}\r\n`;
};

/** The fragment that answers an ICE restart (RFC 9725, 4.3.3): new credentials and candidates. */
export const buildIceFragment = (
  ice: IceCredentials,
  mid: string,
  candidates: readonly LocalCandidate[],
): string =>
  [
    'a=ice-lite',
    `a=ice-ufrag:${ice.ufrag}`,
    `a=ice-pwd:${ice.password}`,
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    `a=mid:${mid}`,
    ...candidateLines(candidates),
    '',
  ].join('\r\n');
