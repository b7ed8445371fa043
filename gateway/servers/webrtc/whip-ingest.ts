import { randomInt } from 'node:crypto';
import { buildAvcConfig } from '../../../shared/codecs/avc.ts';
import { FlvIngest } from '../../live/flv-ingest.ts';
import type { Publication } from '../../live/publication.ts';
import { videoBody } from '../../protocols/flv/tag-body.ts';
import type { AvcAccessUnit } from '../../protocols/rtp/avc-depacketizer.ts';
import { AvcDepacketizer } from '../../protocols/rtp/avc-depacketizer.ts';
import { extensionUris } from '../../protocols/rtp/extensions.ts';
import { readExtension, readRtpHeader } from '../../protocols/rtp/header.ts';
import { readRtcp } from '../../protocols/rtp/rtcp-reader.ts';
import { writeNack, writePli, writeReceiverReport } from '../../protocols/rtp/rtcp-writer.ts';
import { compactNtp } from '../../protocols/rtp/rtcp-writer.ts';
import { unwrap } from '../../protocols/rtp/sequence.ts';
import { writeTransportFeedback } from '../../protocols/rtp/transport-feedback.ts';
import type { AcceptedMedia } from '../../protocols/sdp/answer.ts';
import { chooseCodec } from '../../protocols/sdp/codecs.ts';
import type { OfferedCodec, OfferedMedia, WebRtcOffer } from '../../protocols/sdp/offer.ts';
import { Arrivals } from './arrivals.ts';
import { clockRates } from './frame.ts';
import type { SenderAccount } from './media-sender.ts';
import { OpusToAac } from './opus-to-aac.ts';
import type { Peer } from './peer.ts';
import { WebRtcProblem } from './problem.ts';
import { RtpReceiver } from './rtp-receiver.ts';

/** Feedback, losses and requests are looked after this often, ms. */
const TICK_MS = 25;
const FEEDBACK_MS = 75;
const REPORT_MS = 1_000;
/** Lost pictures are waited for this long, lost sound shorter, ms. */
const VIDEO_PATIENCE_MS = 400;
const AUDIO_PATIENCE_MS = 80;
/** Browsers send key frames only when asked: HLS and joiners need one every so often, ms. */
const KEY_FRAME_MS = 2_000;
/** A key frame that does not come is asked for again after this, ms. */
const KEY_RETRY_MS = 500;
/** Sound is moved against picture when it is off by more than this, ms. */
const SYNC_TOLERANCE_MS = 15;

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

export interface WhipIngestOptions {
  readonly plan: PublisherPlan;
  readonly peer: Peer;
  readonly publication: Publication;
  readonly account: SenderAccount;
  readonly ffmpeg: string | undefined;
  /** Monotonic ms. */
  readonly clock: () => number;
  /** Silence after which the publisher is ended, ms. */
  readonly silenceMs: () => number;
  readonly warn: (message: string) => void;
  readonly end: (code: 'timeout' | 'protocol_error', message: string) => void;
}

/** RTP time of one kind, and what ties it to the stream's ms. */
interface TrackClock {
  readonly rate: number;
  /** Unwrapped RTP time that stands for `baseMs`. */
  base: number;
  baseMs: number;
  newest: number;
  /** From the last sender report: RTP time and the publisher's wall clock, ms. */
  report: { readonly rtp: number; readonly ntpMs: number } | undefined;
}

/** A WHIP publisher's RTP as an ordinary live stream: H.264 as it comes, Opus as AAC. */
export class WhipIngest {
  readonly #options: WhipIngestOptions;
  readonly #ssrc = randomInt(1, 0xffffffff);
  readonly #flv: FlvIngest;
  readonly #depacketizer = new AvcDepacketizer();
  readonly #arrivals = new Arrivals();
  readonly #clocks: { video?: TrackClock; audio?: TrackClock } = {};
  #video: RtpReceiver | undefined;
  #audio: RtpReceiver | undefined;
  #toAac: OpusToAac | undefined;
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #lastPacketAt = 0;
  #feedbackAt = 0;
  #feedbackNumber = 0;
  #reportAt = 0;
  #sps: Buffer | undefined;
  #pps: Buffer | undefined;
  #unitTime: number | undefined;
  /** Pictures are left out until a key frame comes. */
  #needsKey = true;
  #keyAt = 0;
  #keyAskedAt = -Infinity;
  #lastMs = 0;

  constructor(options: WhipIngestOptions) {
    this.#options = options;
    this.#flv = new FlvIngest(options.publication, (error) => options.warn(error.message));
  }

  /** Keys are there: media may come. */
  start(): void {
    const { clock, ffmpeg, plan, warn } = this.#options;
    this.#startedAt = this.#lastPacketAt = this.#keyAt = clock();
    if (plan.audio !== undefined) {
      if (ffmpeg === undefined) {
        warn('The publisher’s Opus is left out: ffmpeg, which makes AAC of it, is not installed.');
      } else {
        this.#toAac = new OpusToAac(ffmpeg, {
          onTag: (body, ms) => {
            this.#flv.audio(ms, body);
            this.#options.publication.flush();
          },
          onDied: (words) =>
            warn(`ffmpeg, which encodes AAC, ended and is started again: ${words}`),
        });
      }
    }
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#toAac?.stop();
  }

  onRtp(packet: Buffer, headerLength: number, opened: Buffer): void {
    const header = readRtpHeader(packet);
    if (header === undefined) return;
    const { plan, clock, account } = this.#options;
    const now = clock();
    this.#lastPacketAt = now;
    account.bytes += headerLength + opened.length;
    if (plan.transportCc !== 0) {
      const extension = readExtension(packet, plan.transportCc);
      if (extension?.length === 2) this.#arrivals.note(extension.readUInt16BE(0), now);
    }
    // Padding (RFC 3550, 5.1) counts itself in its last byte.
    const padding = header.padded ? (opened.at(-1) ?? 0) : 0;
    if (padding > opened.length) return;
    const payload = opened.subarray(0, opened.length - padding);
    const { payloadType, sequence, timestamp, marker, ssrc } = header;
    if (payloadType === plan.video?.payloadType) {
      this.#video ??= this.#createVideo(ssrc);
      if (ssrc === this.#video.ssrc) this.#video.receive(sequence, timestamp, marker, payload, now);
    } else if (payloadType === plan.audio?.payloadType) {
      this.#audio ??= this.#createAudio(ssrc);
      if (ssrc === this.#audio.ssrc) this.#audio.receive(sequence, timestamp, marker, payload, now);
    } else if (
      plan.video?.rtx !== undefined &&
      payloadType === plan.video.rtx &&
      payload.length > 2
    ) {
      // RFC 4588, 4: the original sequence number stands before the payload.
      const original = payload.readUInt16BE(0);
      this.#video?.receive(original, timestamp, marker, payload.subarray(2), now);
    }
    this.#options.publication.flush();
    account.timestamp = Math.round(this.#options.publication.stream.now / 1000);
  }

  onRtcp(compound: Buffer): void {
    readRtcp(compound, (message) => {
      if (message.kind !== 'sender-report') return;
      const { ssrc, ntpSeconds, ntpFraction, rtpTime } = message;
      const compact = compactNtp({ seconds: ntpSeconds, fraction: ntpFraction });
      const ntpMs = ntpSeconds * 1000 + (ntpFraction / 2 ** 32) * 1000;
      for (const kind of ['video', 'audio'] as const) {
        const receiver = kind === 'video' ? this.#video : this.#audio;
        const track = this.#clocks[kind];
        if (receiver?.ssrc !== ssrc || track === undefined) continue;
        receiver.onSenderReport(compact, this.#options.clock());
        track.report = { rtp: unwrap(rtpTime, track.newest, 32), ntpMs };
        this.#synchronise();
      }
    });
  }

  #createVideo(ssrc: number): RtpReceiver {
    return new RtpReceiver(ssrc, {
      clockRate: clockRates.video,
      patienceMs: VIDEO_PATIENCE_MS,
      onPayload: (payload, timestamp, marker) => this.#onVideo(payload, timestamp, marker),
      onGap: () => {
        this.#depacketizer.gap();
        this.#needsKey = true;
        this.#askForKey(this.#options.clock());
      },
    });
  }

  #createAudio(ssrc: number): RtpReceiver {
    return new RtpReceiver(ssrc, {
      clockRate: clockRates.audio,
      patienceMs: AUDIO_PATIENCE_MS,
      onPayload: (payload, timestamp) => {
        if (payload.length > 0) this.#toAac?.push(payload, this.#time('audio', timestamp));
      },
      onGap: () => {},
    });
  }

  /** RTP time as the stream's ms; the first packet of a kind stands for its arrival. */
  #time(kind: 'video' | 'audio', timestamp: number): number {
    const rate = clockRates[kind];
    const track = (this.#clocks[kind] ??= {
      rate,
      base: timestamp,
      baseMs: this.#options.clock() - this.#startedAt,
      newest: timestamp,
      report: undefined,
    });
    track.newest = unwrap(timestamp, track.newest, 32);
    return Math.max(0, Math.round(track.baseMs + ((track.newest - track.base) * 1000) / rate));
  }

  /** Moves sound to where the publisher's clock puts it beside the picture (RFC 3550, 6.4.1). */
  #synchronise(): void {
    const { video, audio } = this.#clocks;
    if (video?.report === undefined || audio?.report === undefined) return;
    const msAt = (track: TrackClock, report: NonNullable<TrackClock['report']>): number =>
      track.baseMs + ((report.rtp - track.base) * 1000) / track.rate - report.ntpMs;
    const off = msAt(audio, audio.report) - msAt(video, video.report);
    if (Math.abs(off) > SYNC_TOLERANCE_MS && Math.abs(off) < 10_000) audio.baseMs -= off;
  }

  #onVideo(payload: Buffer, timestamp: number, marker: boolean): void {
    // A new time stamp begins a new access unit, also when the marker was lost.
    if (this.#unitTime !== undefined && timestamp !== this.#unitTime) this.#finishUnit();
    if (payload.length === 0) return;
    this.#unitTime = timestamp;
    const unit = this.#depacketizer.push(payload, marker);
    if (!marker) return;
    this.#unitTime = undefined;
    if (unit === undefined) this.#onSpoiledUnit();
    else this.#onUnit(unit, timestamp);
  }

  #finishUnit(): void {
    const time = this.#unitTime!;
    this.#unitTime = undefined;
    const unit = this.#depacketizer.finish();
    if (unit !== undefined) this.#onUnit(unit, time);
    else this.#onSpoiledUnit();
  }

  #onSpoiledUnit(): void {
    this.#needsKey = true;
    this.#askForKey(this.#options.clock());
  }

  #onUnit(unit: AvcAccessUnit, timestamp: number): void {
    const ms = this.#time('video', timestamp);
    if (unit.sps !== undefined && unit.pps !== undefined) this.#configure(unit.sps, unit.pps, ms);
    if (unit.units.length === 0 || this.#sps === undefined) return;
    if (unit.key) {
      this.#needsKey = false;
      this.#keyAt = this.#options.clock();
    } else if (this.#needsKey) {
      this.#options.account.dropped++;
      return;
    }
    const payload = Buffer.allocUnsafe(unit.units.reduce((sum, one) => sum + 4 + one.length, 0));
    let at = 0;
    for (const one of unit.units) {
      at = payload.writeUInt32BE(one.length, at);
      at += one.copy(payload, at);
    }
    const role = unit.key ? 'key' : unit.disposable ? 'disposable' : 'delta';
    this.#lastMs = Math.max(this.#lastMs, ms);
    this.#flv.video(this.#lastMs, videoBody({ codec: 'h264', role, compositionTime: 0, payload }));
  }

  #configure(sps: Buffer, pps: Buffer, ms: number): void {
    if (this.#sps?.equals(sps) === true && this.#pps?.equals(pps) === true) return;
    try {
      const payload = buildAvcConfig({ sps: [sps], pps: [pps] });
      const body = videoBody({ codec: 'h264', role: 'config', compositionTime: 0, payload });
      this.#flv.video(Math.max(this.#lastMs, ms), body);
      this.#sps = sps;
      this.#pps = pps;
    } catch (error) {
      const message = `The publisher's H.264 cannot be read: ${(error as Error).message}`;
      this.#options.end('protocol_error', message);
    }
  }

  #askForKey(now: number): void {
    if (this.#video === undefined || now - this.#keyAskedAt < KEY_RETRY_MS) return;
    this.#keyAskedAt = now;
    this.#options.peer.sendRtcp(
      Buffer.concat([writeReceiverReport(this.#ssrc, []), writePli(this.#ssrc, this.#video.ssrc)]),
    );
  }

  #tick(): void {
    const { clock, peer, silenceMs, end } = this.#options;
    const now = clock();
    if (now - this.#lastPacketAt > silenceMs()) {
      end('timeout', `The publisher sent nothing for ${Math.round(silenceMs() / 1000)} s.`);
      return;
    }
    const wanted = this.#video?.due(now) ?? [];
    this.#audio?.due(now);
    this.#options.publication.flush();
    if (this.#needsKey || now - this.#keyAt > KEY_FRAME_MS) this.#askForKey(now);
    const packets: Buffer[] = [];
    if (wanted.length > 0) packets.push(writeNack(this.#ssrc, this.#video!.ssrc, wanted));
    if (now - this.#feedbackAt >= FEEDBACK_MS) {
      this.#feedbackAt = now;
      const feedback = this.#arrivals.take();
      const source = this.#video ?? this.#audio;
      if (feedback !== undefined && source !== undefined) {
        const number = this.#feedbackNumber++;
        packets.push(writeTransportFeedback(this.#ssrc, source.ssrc, number, feedback));
      }
    }
    const isReportDue = now - this.#reportAt >= REPORT_MS;
    if (packets.length === 0 && !isReportDue) return;
    const receivers = [this.#video, this.#audio].flatMap((one) => one ?? []);
    const reports = isReportDue ? receivers.map((one) => one.report(now)) : [];
    if (isReportDue) this.#reportAt = now;
    peer.sendRtcp(Buffer.concat([writeReceiverReport(this.#ssrc, reports), ...packets]));
  }
}
