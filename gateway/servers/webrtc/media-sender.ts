import { randomInt } from 'node:crypto';
import { compactNtp, toNtp, writeBye } from '../../protocols/rtp/rtcp-writer.ts';
import type { RtcpMessage } from '../../protocols/rtp/rtcp-reader.ts';
import { readRtcp } from '../../protocols/rtp/rtcp-reader.ts';
import { BandwidthEstimator } from './bandwidth-estimator.ts';
import type { Frame } from './frame.ts';
import { clockRates } from './frame.ts';
import type { Paced, Pacer } from './pacer.ts';
import type { Peer } from './peer.ts';
import type { RtpParameters, RtpTransport } from './rtp-sender.ts';
import { RtpSender } from './rtp-sender.ts';
import { SentPackets } from './sent-packets.ts';

/** Bytes that may go at once: a frame of usual size does not wait for the pacer. */
const BURST_BYTES = 48_000;
/** Packets leave at this multiple of the link's estimate: frames go fast, bursts do not flood. */
const PACE_FACTOR = 2.5;
/** A video queue that takes longer than this to send is cut back to the next key frame, ms. */
const MAX_QUEUE_MS = 600;
/** Sender reports, ms apart (RFC 3550, 6.2 allows less than 5 s where bandwidth is known). */
const REPORT_MS = 1_000;
/** A frame for everybody who asks costs; asking more often than this changes nothing, ms. */
const KEY_REQUEST_MS = 500;
/** Video frames whose packets say how to show them; the receiver keeps the last value. */
const PLAYOUT_FRAMES = 50;
/** A way with more jitter than this, or with loss within this time, shows frames evenly, ms. */
const SMOOTH_JITTER_MS = 4;
const SMOOTH_LOSS_MS = 1_500;
/** A longer hold is kept for this long after it was last needed, ms. */
const PLAYOUT_HOLD_MS = 1_000;
/** Frames are held no longer than this, ms. */
const MAX_PLAYOUT_MS = 400;
/** With loss within this time, and a round trip that would show, packets go twice, ms. */
const TWICE_LOSS_MS = 5_000;
const TWICE_RTT_MS = 30;
/** A browser's sound output takes this long to start; what arrives earlier only becomes delay, ms. */
const AUDIO_START_MS = 150;
/** Ticks (90 kHz) between frames of a burst, whose real times lie in the past. */
const BURST_TICKS = 45;

/** The part of a session that a sender keeps up to date. */
export interface SenderAccount {
  bytes: number;
  dropped: number;
  timestamp: number;
}

export interface MediaSenderOptions {
  readonly peer: Peer;
  readonly account: SenderAccount;
  readonly pacer: Pacer;
  readonly video: RtpParameters | undefined;
  readonly audio: RtpParameters | undefined;
  /** Monotonic ms, and ms since 1970. */
  readonly clock: () => number;
  readonly wall: () => number;
  /** The frames since the last key frame, to start over from. */
  readonly recent: () => readonly Frame[];
  /** The viewer cannot decode what it has. */
  readonly onKeyFrameWanted: () => void;
  /** bit/s of the stream's video. */
  readonly mediaRate: () => number;
}

/**
 * - `waiting`: for the connection, or for a key frame to start with;
 * - `live`: in step with the stream;
 * - `behind`: the link is too slow; sound goes on, picture returns with the next key frame.
 */
export type SenderState = 'waiting' | 'live' | 'behind';

interface Queued {
  readonly sender: RtpSender;
  readonly payload: Uint8Array;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly playoutMs: number;
}

/** Sends one stream's frames to one viewer: burst at the start, pacing, recovery, congestion. */
export class MediaSender implements Paced {
  readonly #options: MediaSenderOptions;
  readonly #sent: SentPackets;
  readonly #estimator: BandwidthEstimator;
  #video: RtpSender | undefined;
  #audio: RtpSender | undefined;
  #state: SenderState = 'waiting';
  #queue: Queued[] = [];
  #queueAt = 0;
  #queuedBytes = 0;
  #budget = BURST_BYTES;
  #budgetAt: number;
  /** The newest video time stamp that was sent: those after it must be higher. */
  #lastVideoTime = -Infinity;
  /** How long the viewer is to hold frames, ms. */
  #playoutMs = 0;
  /** Frames that still say so. */
  #playoutFrames = PLAYOUT_FRAMES;
  #playoutNeededAt = -Infinity;
  #reportAt = -Infinity;
  #report: { readonly compact: number; readonly sentAt: number } | undefined;
  #keyAt = -Infinity;
  #rttMs = 50;
  #audioFrom = Infinity;

  constructor(options: MediaSenderOptions) {
    this.#options = options;
    this.#budgetAt = options.clock();
    this.#sent = new SentPackets(options.clock);
    this.#estimator = new BandwidthEstimator(options.clock);
  }

  get state(): SenderState {
    return this.#state;
  }

  /** The link's estimate, bit/s. */
  get estimate(): number {
    return this.#estimator.estimate;
  }

  /** Round trip time, ms, as reports tell. */
  get rttMs(): number {
    return this.#rttMs;
  }

  /** Packets sent, repetitions not counted. */
  get packets(): number {
    return (this.#video?.packets ?? 0) + (this.#audio?.packets ?? 0);
  }

  /** Keys are there: begins with the frames since the last key frame, if there are any. */
  start(): void {
    const { peer, video, audio } = this.#options;
    const srtp = peer.sender!;
    const sent = this.#sent;
    const transport: RtpTransport = {
      srtp,
      sent,
      get path() {
        return peer.path;
      },
    };
    const create = (parameters: RtpParameters | undefined): RtpSender | undefined =>
      parameters && new RtpSender(parameters, transport, randomInt(1, 0x7000));
    this.#video = create(video);
    this.#audio = create(audio);
    this.#audioFrom = this.#options.clock() + AUDIO_START_MS;
    this.#startOver();
  }

  /** Takes a frame of the stream. */
  frame(frame: Frame): void {
    if (frame.kind === 'audio') {
      const audio = this.#audio;
      if (audio === undefined || this.#options.clock() < this.#audioFrom) return;
      this.#options.account.timestamp = Math.round(frame.pts / 1000);
      // Sound is small and its loss is heard: it does not stand in line with pictures.
      const now = this.#options.wall();
      for (const payload of frame.payloads) {
        this.#count(audio.send(payload, frame.timestamp, true, -1, now));
      }
      return;
    }
    if (this.#video === undefined || !this.#wants(frame)) return;
    this.#options.account.timestamp = Math.round(frame.pts / 1000);
    this.#enqueue(frame, Math.max(frame.timestamp, this.#lastVideoTime + 1));
  }

  /** Ties RTP time to the wall clock once a second; `unixMs` belongs to the stream time `pts`. */
  reportIfDue(unixMs: number, pts: number, offset: number): void {
    const now = this.#options.clock();
    if (now - this.#reportAt < REPORT_MS || this.packets === 0) return;
    this.#reportAt = now;
    this.#report = { compact: compactNtp(toNtp(unixMs)), sentAt: now };
    const ticks = (kind: 'video' | 'audio'): number =>
      offset + Math.round((pts * clockRates[kind]) / 1e6);
    const reports: Buffer[] = [];
    if (this.#video) reports.push(this.#video.report(unixMs, ticks('video')));
    if (this.#audio) reports.push(this.#audio.report(unixMs, ticks('audio')));
    this.#options.peer.sendRtcp(Buffer.concat(reports));
  }

  /** Takes the viewer's feedback. */
  onRtcp(compound: Buffer): void {
    readRtcp(compound, (message) => this.#onMessage(message));
  }

  /** The stream goes on elsewhere in time, or as another one: waits for its key frame. */
  discontinuity(): void {
    if (this.#state === 'live') this.#state = 'waiting';
  }

  /** Says goodbye to the receiver's decoders and forgets what waits. */
  stop(): void {
    this.#options.pacer.remove(this);
    this.#clearQueue();
    const bye = [this.#video, this.#audio].flatMap((sender) =>
      sender ? [writeBye(sender.parameters.ssrc)] : [],
    );
    if (bye.length > 0) this.#options.peer.sendRtcp(Buffer.concat(bye));
  }

  sendDue(now: number): boolean {
    this.#refill(now);
    const wall = this.#options.wall();
    while (this.#queueAt < this.#queue.length && this.#budget > 0) {
      const next = this.#queue[this.#queueAt++]!;
      this.#queuedBytes -= next.payload.length;
      const { sender, payload, timestamp, marker, playoutMs } = next;
      this.#sendVideo(sender, payload, timestamp, marker, playoutMs, wall);
    }
    if (this.#queueAt < this.#queue.length) return true;
    this.#clearQueue();
    return false;
  }

  #onMessage(message: RtcpMessage): void {
    const { clock, wall } = this.#options;
    const now = clock();
    switch (message.kind) {
      case 'nack': {
        const { ssrc, sequences } = message;
        const sender = [this.#video, this.#audio].find((one) => one?.parameters.ssrc === ssrc);
        const bytes = sender?.resend(sequences, Math.max(10, this.#rttMs * 0.8), wall()) ?? 0;
        this.#count(bytes);
        return;
      }
      case 'pli':
      case 'fir':
        if (this.#video === undefined || now - this.#keyAt < KEY_REQUEST_MS) return;
        this.#keyAt = now;
        this.#options.onKeyFrameWanted();
        this.#startOver();
        return;
      case 'reports':
        for (const block of message.blocks) {
          if (this.#report !== undefined && block.lastReport === this.#report.compact) {
            const held = block.delaySinceLastReport / 65.536;
            const rtt = Math.max(1, now - this.#report.sentAt - held);
            this.#rttMs += (rtt - this.#rttMs) * 0.3;
          }
        }
        return;
      case 'remb':
        this.#estimator.onRemb(message.bitrate);
        return;
      case 'transport-feedback':
        this.#estimator.onFeedback(message.feedback, this.#sent);
        return;
      case 'bye':
      case 'sender-report':
        return;
    }
  }

  /**
   * Sends the frames since the last key frame, at once and close together in time: the decoder runs
   * through them and stands at the live edge. Their time stamps end with the newest one's own and
   * keep rising, whatever was sent before.
   */
  #startOver(): void {
    if (this.#video === undefined) {
      this.#state = 'live';
      return;
    }
    const frames = this.#options.recent();
    const newest = frames.at(-1);
    this.#clearQueue();
    if (newest === undefined) {
      this.#state = 'waiting';
      return;
    }
    this.#state = 'live';
    const first = Math.max(
      this.#lastVideoTime + 1,
      newest.timestamp - (frames.length - 1) * BURST_TICKS,
    );
    const step = Math.max(
      1,
      Math.floor((newest.timestamp - first) / Math.max(1, frames.length - 1)),
    );
    frames.forEach((frame, index) => {
      const isNewest = index === frames.length - 1;
      const time = isNewest
        ? Math.max(newest.timestamp, first + index * step)
        : first + index * step;
      this.#enqueue(frame, time);
    });
  }

  /** Whether a picture is sent, by state and by what the link carries. */
  #wants(frame: Frame): boolean {
    if (frame.key && (this.#state !== 'behind' || this.#queueMs() < MAX_QUEUE_MS / 4)) {
      this.#state = 'live';
    }
    const isSlow = this.#estimator.estimate < this.#options.mediaRate();
    if (this.#state === 'live' && !(isSlow && frame.disposable)) {
      if (this.#queueMs() <= MAX_QUEUE_MS) return true;
      this.#state = 'behind';
      this.#options.account.dropped += this.#waitingFrames();
      this.#clearQueue();
    }
    if (this.#state !== 'waiting') this.#options.account.dropped++;
    return false;
  }

  #waitingFrames(): number {
    let frames = 0;
    for (let at = this.#queueAt; at < this.#queue.length; at++)
      if (this.#queue[at]!.marker) frames++;
    return frames;
  }

  /** Time that what waits will take, ms; what waits in the network counts too. */
  #queueMs(): number {
    const own = (this.#queuedBytes * 8000) / this.#paceRate();
    return own + this.#estimator.queueMs;
  }

  /** bit/s at which packets leave. */
  #paceRate(): number {
    return this.#estimator.estimate * PACE_FACTOR;
  }

  #refill(now: number): void {
    const due = ((now - this.#budgetAt) * this.#paceRate()) / 8000;
    this.#budget = Math.min(BURST_BYTES, this.#budget + due);
    this.#budgetAt = now;
  }

  #enqueue(frame: Frame, timestamp: number): void {
    const sender = this.#video!;
    const last = frame.payloads.length - 1;
    this.#lastVideoTime = timestamp;
    const playoutMs = this.#choosePlayout(frame.key);
    this.#refill(this.#options.clock());
    const wall = this.#options.wall();
    for (let index = 0; index <= last; index++) {
      const payload = frame.payloads[index]!;
      if (this.#queue.length === 0 && this.#budget > 0) {
        this.#sendVideo(sender, payload, timestamp, index === last, playoutMs, wall);
      } else {
        this.#queue.push({ sender, payload, timestamp, marker: index === last, playoutMs });
        this.#queuedBytes += payload.length;
      }
    }
    if (this.#queue.length > 0) this.#options.pacer.add(this);
  }

  #sendVideo(
    sender: RtpSender,
    payload: Uint8Array,
    timestamp: number,
    marker: boolean,
    playoutMs: number,
    now: number,
  ): void {
    this.#count(sender.send(payload, timestamp, marker, playoutMs, now));
    if (this.#isSentTwice()) this.#count(sender.sendTwice(now));
  }

  /** On a lossy way a copy is cheaper than a round trip of waiting, if there is room for it. */
  #isSentTwice(): boolean {
    const estimator = this.#estimator;
    return (
      estimator.cleanForMs < TWICE_LOSS_MS &&
      this.#rttMs > TWICE_RTT_MS &&
      estimator.estimate > this.#options.mediaRate() * 2.5
    );
  }

  /**
   * As soon as possible on a steady way; where packets come at uneven times, frames are held for as
   * long as nearly all of them need, so that they are shown evenly and none is passed over.
   */
  #choosePlayout(key: boolean): number {
    const { jitterMs, cleanForMs } = this.#estimator;
    const isUneven = jitterMs > SMOOTH_JITTER_MS || cleanForMs < SMOOTH_LOSS_MS;
    const enough = Math.round((jitterMs * 2) / 10) * 10 + 10;
    const wanted = isUneven ? Math.min(MAX_PLAYOUT_MS, enough) : 0;
    // Up at once, down when it was not needed for a while; small changes are not worth a step.
    const now = this.#options.clock();
    const isLower = wanted < this.#playoutMs && (wanted === 0 || this.#playoutMs - wanted > 10);
    if (!isLower) this.#playoutNeededAt = now;
    const isOverdue = isLower && now - this.#playoutNeededAt > PLAYOUT_HOLD_MS;
    if (isOverdue || wanted > this.#playoutMs + 10 || (wanted > 0 && this.#playoutMs === 0)) {
      this.#playoutMs = wanted;
      this.#playoutFrames = PLAYOUT_FRAMES;
    }
    if (this.#playoutFrames > 0) this.#playoutFrames--;
    return key || this.#playoutFrames > 0 ? this.#playoutMs : -1;
  }

  #count(bytes: number): void {
    this.#budget -= bytes;
    this.#options.account.bytes += bytes;
  }

  #clearQueue(): void {
    this.#queue = [];
    this.#queueAt = 0;
    this.#queuedBytes = 0;
  }
}
