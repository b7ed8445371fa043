import { extensionUris } from '../../protocols/rtp/extensions.ts';
import type { AcceptedMedia } from '../../protocols/sdp/answer.ts';
import { chooseCodec } from '../../protocols/sdp/codecs.ts';
import type { OfferedCodec, OfferedMedia, WebRtcOffer } from '../../protocols/sdp/offer.ts';
import { WebRtcProblem } from './problem.ts';

/** What of an offer is taken from a publisher. */
export interface PublisherPlan {
  readonly media: readonly {
    readonly offered: OfferedMedia;
    readonly accepted: AcceptedMedia | undefined;
  }[];
  readonly video: OfferedCodec | undefined;
  readonly audio: OfferedCodec | undefined;
  /** Identifier of the transport-wide sequence number, 0 when it is not used. */
  readonly transportCc: number;
}

const sends = ({ direction }: OfferedMedia): boolean =>
  direction === 'sendonly' || direction === 'sendrecv';

/**
 * Matches a publisher's offer: the first section of each kind that sends, H.264 and Opus.
 * @throws WebRtcProblem `no_codec`, `bad_sdp`
 */
export const planPublisher = (offer: WebRtcOffer): PublisherPlan => {
  let video: OfferedCodec | undefined;
  let audio: OfferedCodec | undefined;
  let transportCc = 0;
  const sending = offer.media.filter(sends);
  const media = offer.media.map((offered) => {
    const isVideo = offered.kind === 'video' && video === undefined;
    const isAudio = offered.kind === 'audio' && audio === undefined;
    if (!sends(offered) || (!isVideo && !isAudio)) return { offered, accepted: undefined };
    const codec = chooseCodec(offered.codecs, isVideo ? 'h264' : 'opus');
    if (codec === undefined) return { offered, accepted: undefined };
    if (isVideo) video = codec;
    else audio = codec;
    const uri = extensionUris.transportCc;
    const id = offered.extensions.get(uri) ?? 0;
    const usesTransportCc = id !== 0 && codec.feedback.has('transport-cc');
    if (usesTransportCc) transportCc = id;
    const wanted = isVideo ? ['nack', 'nack pli', 'ccm fir', 'transport-cc'] : ['transport-cc'];
    const accepted: AcceptedMedia = {
      direction: 'recvonly',
      codec,
      extensions: usesTransportCc ? [{ id, uri }] : [],
      feedback: wanted.filter((value) => codec.feedback.has(value)),
    };
    return { offered, accepted };
  });
  if (sending.some(({ kind }) => kind === 'video') && video === undefined) {
    throw new WebRtcProblem(
      'no_codec',
      'The offer has video without H.264 (packetization-mode=1).',
    );
  }
  if (video === undefined && audio === undefined) {
    throw new WebRtcProblem('bad_sdp', 'The offer has no section that sends H.264 or Opus.');
  }
  return { media, video, audio, transportCc };
};
