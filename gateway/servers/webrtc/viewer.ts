import { randomInt, randomUUID } from 'node:crypto';
import { extensionIds, extensionUris, noExtensions } from '../../protocols/rtp/extensions.ts';
import type { RtpCodec } from '../../protocols/sdp/codecs.ts';
import { chooseCodec } from '../../protocols/sdp/codecs.ts';
import type { AcceptedMedia } from '../../protocols/sdp/answer.ts';
import type { OfferedCodec, OfferedMedia, WebRtcOffer } from '../../protocols/sdp/offer.ts';
import type { Frame } from './frame.ts';
import { MediaSender } from './media-sender.ts';
import type { MediaSenderOptions } from './media-sender.ts';
import type { OutletViewer, StreamOutlet } from './outlet.ts';
import { WebRtcProblem } from './problem.ts';
import type { RtpParameters } from './rtp-sender.ts';

/** Feedback that is read; what else is offered is not answered. */
const VIDEO_FEEDBACK = ['nack', 'nack pli', 'ccm fir', 'transport-cc', 'goog-remb'];
const AUDIO_FEEDBACK = ['nack', 'transport-cc'];

/** What of an offer is taken for a viewer, section by section. */
export interface ViewerPlan {
  readonly media: readonly {
    readonly offered: OfferedMedia;
    readonly accepted: AcceptedMedia | undefined;
  }[];
  readonly video: RtpParameters | undefined;
  readonly audio: RtpParameters | undefined;
  /** Sound may come in packets of 10 ms: as the offer says, and not where many listen. */
  readonly takesShort: boolean;
}

/** Packets of 10 ms arrive sooner, and twice as many are to be sent: no more viewers get them. */
const MOST_SHORT = 60;

/** Browsers that say nothing of short packets, and libraries, may know those of 20 ms only. */
const namesShort = ({ parameters }: OfferedCodec): boolean =>
  Number(parameters.get('minptime') ?? Infinity) <= 10;

const randomSsrc = (): number => randomInt(1, 0xffffffff);

interface SectionPlan {
  readonly accepted: AcceptedMedia;
  readonly parameters: RtpParameters;
}

const planSection = (
  offered: OfferedMedia,
  codec: OfferedCodec,
  cname: string,
  wantedFeedback: readonly string[],
): SectionPlan => {
  const ssrc = randomSsrc();
  const rtxSsrc = codec.rtx === undefined ? undefined : randomSsrc();
  let feedback = wantedFeedback.filter((value) => codec.feedback.has(value));
  const offeredIds = extensionIds(offered.extensions);
  const usesTransportCc = offeredIds.transportCc !== 0 && feedback.includes('transport-cc');
  // One way of estimating is enough: absolute send times serve REMB only.
  feedback = feedback.filter((value) => value !== (usesTransportCc ? 'goog-remb' : 'transport-cc'));
  const isVideo = offered.kind === 'video';
  const extensions = {
    ...noExtensions,
    transportCc: usesTransportCc ? offeredIds.transportCc : 0,
    absSendTime: usesTransportCc || !isVideo ? 0 : offeredIds.absSendTime,
    playoutDelay: isVideo ? offeredIds.playoutDelay : 0,
  };
  const used = (Object.keys(extensionUris) as (keyof typeof extensionUris)[])
    .filter((name) => extensions[name] !== 0)
    .map((name) => ({ id: extensions[name], uri: extensionUris[name] }));
  return {
    accepted: {
      direction: 'sendonly',
      codec,
      extensions: used,
      feedback,
      source: { ssrc, rtxSsrc, cname, streamId: cname, trackId: `${cname}-${offered.kind}` },
    },
    parameters: {
      payloadType: codec.payloadType,
      ssrc,
      rtx:
        codec.rtx === undefined || rtxSsrc === undefined
          ? undefined
          : { payloadType: codec.rtx, ssrc: rtxSsrc },
      extensions,
      cname,
    },
  };
};

const receives = ({ direction }: OfferedMedia): boolean =>
  direction === 'recvonly' || direction === 'sendrecv';

/** Whether an offer is for watching, not only for listening. */
export const wantsPicture = (offer: WebRtcOffer): boolean =>
  offer.media.some((offered) => offered.kind === 'video' && receives(offered));

const namesOf = (offer: WebRtcOffer): string =>
  [...new Set(offer.media.flatMap(({ codecs }) => codecs.map(({ name }) => name)))].join(', ') ||
  'no codecs';

/** What a stream may be sent as, whichever it is. */
const playable: Readonly<Record<string, readonly RtpCodec[]>> = {
  video: ['h264', 'hevc', 'av1', 'vp9'],
  audio: ['opus'],
};

/**
 * Refuses an offer that no stream whatever could be played by.
 * @throws WebRtcProblem `no_codec`, `bad_sdp`
 */
export const refuseUnplayable = (offer: WebRtcOffer): void => {
  const sections = offer.media.filter((one) => receives(one) && Object.hasOwn(playable, one.kind));
  if (sections.length === 0) {
    throw new WebRtcProblem('bad_sdp', 'The offer has no section that receives audio or video.');
  }
  const isPlayable = ({ kind, codecs }: OfferedMedia): boolean =>
    playable[kind]!.some((codec) => chooseCodec(codecs, codec) !== undefined);
  if (!sections.some(isPlayable)) {
    throw new WebRtcProblem(
      'no_codec',
      `Streams are sent as H264, H265, AV1, VP9 and OPUS; the offer has ${namesOf(offer)}.`,
    );
  }
};

/**
 * Matches an offer with a stream: the first section of each kind that receives is taken, with the
 * stream's codec. A stream without picture (yet) is answered as if it were H.264, a stream without
 * sound as Opus: what comes later then plays.
 * @throws WebRtcProblem `no_codec`, `bad_sdp`
 */
export const planViewer = (offer: WebRtcOffer, outlet: StreamOutlet): ViewerPlan => {
  const cname = randomUUID();
  const { codec, profile } = outlet.video ?? { codec: 'h264' as const, profile: 66 };
  let video: SectionPlan | undefined;
  let audio: SectionPlan | undefined;
  let takesShort = false;
  const media = offer.media.map((offered) => {
    if (offered.kind === 'video' && video === undefined && receives(offered)) {
      const chosen = chooseCodec(offered.codecs, codec, profile);
      if (chosen !== undefined) {
        video = planSection(offered, chosen, cname, VIDEO_FEEDBACK);
        return { offered, accepted: { ...video.accepted, mediaTime: outlet.mediaTime } };
      }
    } else if (offered.kind === 'audio' && audio === undefined && receives(offered)) {
      const chosen = chooseCodec(offered.codecs, 'opus');
      if (chosen !== undefined) {
        audio = planSection(offered, chosen, cname, AUDIO_FEEDBACK);
        takesShort = namesShort(chosen) && outlet.viewers < MOST_SHORT;
        return { offered, accepted: audio.accepted };
      }
    }
    return { offered, accepted: undefined };
  });
  if (outlet.video !== undefined && video === undefined) {
    throw new WebRtcProblem(
      'no_codec',
      `The stream's video is ${codec}; the offer has ${namesOf(offer)}.`,
    );
  }
  if (video === undefined && audio === undefined) {
    throw new WebRtcProblem(
      'no_codec',
      `The stream is sent as H264 and OPUS; the offer has ${namesOf(offer)}.`,
    );
  }
  return { media, video: video?.parameters, audio: audio?.parameters, takesShort };
};

/** Joins one viewer's sender with its stream's outlet. */
export class OutletSubscription implements OutletViewer {
  readonly sender: MediaSender;
  readonly codec: OutletViewer['codec'];
  readonly takesShort: boolean;
  readonly #outlet: StreamOutlet;
  readonly #releaseAudio: (() => void) | undefined;
  readonly #end: (code: 'stream_ended' | 'failed', message: string) => void;

  constructor(
    outlet: StreamOutlet,
    options: Omit<MediaSenderOptions, 'hasPicture' | 'recent' | 'mediaRate' | 'onKeyFrameWanted'> &
      Pick<ViewerPlan, 'takesShort'>,
    end: (code: 'stream_ended' | 'failed', message: string) => void,
  ) {
    this.#outlet = outlet;
    this.takesShort = options.takesShort;
    // A stream without picture (yet) was answered as if it were H.264.
    this.codec = options.video && (outlet.video?.codec ?? 'h264');
    this.#releaseAudio = options.audio && outlet.wantAudio();
    this.#end = end;
    this.sender = new MediaSender({
      ...options,
      hasPicture: () => outlet.video !== undefined,
      recent: () => outlet.recent,
      mediaRate: () => outlet.mediaRate,
      onKeyFrameWanted: () => outlet.requestKeyFrame(),
    });
  }

  /** Media may flow: sends what there is, and every frame from now on. */
  start(): void {
    this.sender.start();
    this.#outlet.join(this);
  }

  stop(): void {
    this.#outlet.leave(this);
    this.#releaseAudio?.();
    this.sender.stop();
  }

  frame(frame: Frame): void {
    this.sender.frame(frame);
  }

  discontinuity(): void {
    this.sender.discontinuity();
  }

  reportIfDue(unixMs: number, time: number, offset: number): void {
    this.sender.reportIfDue(unixMs, time, offset);
  }

  streamEnded(): void {
    this.#end('stream_ended', 'The publisher left, and nobody came after it.');
  }

  unservable(message: string): void {
    this.#end('failed', message);
  }
}
