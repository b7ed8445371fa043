import { randomInt } from 'node:crypto';
import { FlvIngest } from '../../live/flv-ingest.ts';
import type { Publication } from '../../live/publication.ts';
import { readExtension, readRtpHeader } from '../../protocols/rtp/header.ts';
import type { RtcpMessage } from '../../protocols/rtp/rtcp-reader.ts';
import { readRtcp } from '../../protocols/rtp/rtcp-reader.ts';
import {
  compactNtp,
  writeNack,
  writePli,
  writeReceiverReport,
} from '../../protocols/rtp/rtcp-writer.ts';
import { writeTransportFeedback } from '../../protocols/rtp/transport-feedback.ts';
import { Arrivals } from './arrivals.ts';
import { AvcIngest } from './avc-ingest.ts';
import { clockRates } from './frame.ts';
import type { SenderAccount } from './media-sender.ts';
import { OpusTimeline } from './opus-timeline.ts';
import { OpusToAac } from './opus-to-aac.ts';
import type { Peer } from './peer.ts';
import { PublisherClock } from './publisher-clock.ts';
import { RtpReceiver } from './rtp-receiver.ts';
import { SoundPauses } from './sound-pauses.ts';
import type { StreamTap, TapSource } from './stream-tap.ts';
import { tapOf } from './stream-tap.ts';
import type { PublisherPlan } from './whip-plan.ts';

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
/** Viewers who cannot decode get a new key frame unless the last one is younger than this, ms. */
const KEY_YOUNG_MS = 1_000;

export interface WhipIngestOptions {
  readonly plan: PublisherPlan;
  readonly peer: Pick<Peer, 'sendRtcp'>;
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

/**
 * A WHIP publisher's RTP as an ordinary live stream: H.264 as it comes, Opus as AAC, and Opus as it
 * comes for viewers in WebRTC.
 */
export class WhipIngest implements TapSource {
  readonly #options: WhipIngestOptions;
  readonly #ssrc = randomInt(1, 0xffffffff);
  readonly #flv: FlvIngest;
  readonly #avc: AvcIngest;
  readonly #arrivals = new Arrivals();
  readonly #time: PublisherClock;
  readonly #opusTime: OpusTimeline;
  readonly #tap: StreamTap;
  #video: RtpReceiver | undefined;
  #audio: RtpReceiver | undefined;
  #toAac: OpusToAac | undefined;
  readonly #pauses = new SoundPauses((packet, ms) => this.#toAac?.push(packet, ms));
  #timer: NodeJS.Timeout | undefined;
  #lastPacketAt = 0;
  #feedbackAt = 0;
  #feedbackNumber = 0;
  #reportAt = 0;
  #keyAt = 0;
  #keyAskedAt = -Infinity;

  constructor(options: WhipIngestOptions) {
    const { publication, clock, account, warn } = options;
    this.#options = options;
    this.#flv = new FlvIngest(publication, (error) => warn(error.message));
    this.#time = new PublisherClock(clock);
    this.#opusTime = new OpusTimeline(publication.stream);
    this.#tap = tapOf(publication.stream);
    this.#tap.source = this;
    this.#avc = new AvcIngest({
      toMs: (rtp) => {
        const { ms } = this.#time.read('video', rtp);
        this.#pauses.picture(ms, clock());
        return ms;
      },
      onTag: (ms, body) => this.#flv.video(ms, body),
      onKey: () => {
        this.#keyAt = clock();
      },
      onSpoiled: () => this.#askForKey(clock()),
      onDropped: () => {
        account.dropped++;
      },
      onMalformed: (message) => options.end('protocol_error', message),
    });
  }

  get hasOpus(): boolean {
    return this.#options.plan.audio !== undefined;
  }

  /** A viewer cannot decode: its publisher is asked, unless a key frame has just come. */
  requestKeyFrame(): void {
    const now = this.#options.clock();
    if (now - this.#keyAt >= KEY_YOUNG_MS) this.#askForKey(now);
  }

  /** Keys are there: media may come. */
  start(): void {
    const { clock, ffmpeg, plan, warn } = this.#options;
    this.#time.start();
    this.#lastPacketAt = this.#keyAt = clock();
    if (plan.audio !== undefined) {
      if (ffmpeg === undefined) {
        warn(
          'The publisher’s Opus is heard in WebRTC only: ffmpeg, which makes AAC of it for all others, is not installed.',
        );
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
    // Whoever took over is the source by now.
    if (this.#tap.source === this) this.#tap.source = undefined;
  }

  onRtp(packet: Buffer, headerLength: number, opened: Buffer): void {
    const header = readRtpHeader(packet);
    if (header === undefined) return;
    const { plan, clock, account, publication } = this.#options;
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
    } else if (payloadType === plan.video?.rtx && payload.length > 2) {
      // RFC 4588, 4: the original sequence number stands before the payload.
      const original = payload.readUInt16BE(0);
      this.#video?.receive(original, timestamp, marker, payload.subarray(2), now);
    }
    publication.flush();
    account.timestamp = Math.round(publication.stream.now / 1000);
  }

  onRtcp(compound: Buffer): void {
    readRtcp(compound, (message) => {
      if (message.kind === 'sender-report') this.#onSenderReport(message);
    });
  }

  #onSenderReport({
    ssrc,
    ntpSeconds,
    ntpFraction,
    rtpTime,
  }: Extract<RtcpMessage, { kind: 'sender-report' }>): void {
    const compact = compactNtp({ seconds: ntpSeconds, fraction: ntpFraction });
    const ntpMs = ntpSeconds * 1000 + (ntpFraction / 2 ** 32) * 1000;
    for (const kind of ['video', 'audio'] as const) {
      const receiver = kind === 'video' ? this.#video : this.#audio;
      if (receiver?.ssrc !== ssrc) continue;
      receiver.onSenderReport(compact, this.#options.clock());
      this.#time.onReport(kind, rtpTime, ntpMs);
    }
  }

  #createVideo(ssrc: number): RtpReceiver {
    return new RtpReceiver(ssrc, {
      clockRate: clockRates.video,
      patienceMs: VIDEO_PATIENCE_MS,
      onPayload: (payload, timestamp, marker) => this.#avc.push(payload, timestamp, marker),
      onGap: () => this.#avc.gap(),
    });
  }

  #createAudio(ssrc: number): RtpReceiver {
    return new RtpReceiver(ssrc, {
      clockRate: clockRates.audio,
      patienceMs: AUDIO_PATIENCE_MS,
      onPayload: (payload, timestamp) => {
        if (payload.length > 0) this.#onOpus(payload, timestamp);
      },
      onGap: () => {},
    });
  }

  #onOpus(payload: Buffer, timestamp: number): void {
    const { rtp, ms } = this.#time.read('audio', timestamp);
    this.#pauses.sound(payload, ms, this.#options.clock());
    // The copy: the packet's memory is used again, and sound may wait for its turn.
    if (this.#tap.listeners.size > 0) {
      this.#tap.opus(Buffer.from(payload), this.#opusTime.map(rtp, ms));
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
    const { clock, peer, silenceMs, end, publication } = this.#options;
    const now = clock();
    if (now - this.#lastPacketAt > silenceMs()) {
      end('timeout', `The publisher sent nothing for ${Math.round(silenceMs() / 1000)} s.`);
      return;
    }
    const wanted = this.#video?.due(now) ?? [];
    this.#audio?.due(now);
    publication.flush();
    if (this.#avc.needsKey || now - this.#keyAt > KEY_FRAME_MS) this.#askForKey(now);
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
