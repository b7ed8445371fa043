import { randomInt } from 'node:crypto';
import { writeBye } from '../../protocols/rtp/rtcp-writer.ts';
import type { RtcpMessage } from '../../protocols/rtp/rtcp-reader.ts';
import { readRtcp } from '../../protocols/rtp/rtcp-reader.ts';
import { BandwidthEstimator } from './bandwidth-estimator.ts';
import { burstTimes } from './burst-times.ts';
import type { Frame } from './frame.ts';
import { outbox } from './outbox.ts';
import type { Paced, Pacer } from './pacer.ts';
import type { Peer } from './peer.ts';
import { PlayoutDelay } from './playout-delay.ts';
import type { RtpParameters, RtpTransport } from './rtp-sender.ts';
import { RtpSender } from './rtp-sender.ts';
import { SendQueue } from './send-queue.ts';
import { SenderReports } from './sender-reports.ts';
import { SentPackets } from './sent-packets.ts';
import { hasNetEq, SoundStart } from './sound-start.ts';

/** A video queue that takes longer than this to send is cut back to the next key frame, ms. */
const MAX_QUEUE_MS = 600;
/** A frame for everybody who asks costs; asking more often than this changes nothing, ms. */
const KEY_REQUEST_MS = 500;
/**
 * What went out again is on its way for this share of the round trip: where delays vary, who misses
 * it after all says so sooner than on average. At least so many ms.
 */
const RESEND_SHARE = 0.55;
const LEAST_RESEND_MS = 10;
/** With loss within this time, and a round trip that would show, packets go twice, ms. */
const TWICE_LOSS_MS = 5_000;
const TWICE_RTT_MS = 30;
/** … if the link carries this multiple of the stream. */
const TWICE_ROOM = 2.5;

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
  /** Monotonic ms. */
  readonly clock: () => number;
  /** The stream has a picture. */
  readonly hasPicture: () => boolean;
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

/** Sends one stream's frames to one viewer: burst at the start, pacing, recovery, congestion. */
export class MediaSender implements Paced {
  readonly #options: MediaSenderOptions;
  readonly #sent = new SentPackets();
  readonly #estimator: BandwidthEstimator;
  readonly #queue: SendQueue;
  readonly #playout = new PlayoutDelay();
  readonly #reports = new SenderReports();
  #video: RtpSender | undefined;
  #audio: RtpSender | undefined;
  #state: SenderState = 'waiting';
  /** The newest video time stamp that was sent: those after it must be higher. */
  #lastVideoTime = -Infinity;
  #keyAt = -Infinity;
  #soundStart: SoundStart | undefined;

  constructor(options: MediaSenderOptions) {
    this.#options = options;
    this.#queue = new SendQueue(options.clock());
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
    return this.#reports.rttMs;
  }

  /** Packets sent, repetitions not counted. */
  get packets(): number {
    return (this.#video?.packets ?? 0) + (this.#audio?.packets ?? 0);
  }

  /** Keys are there: begins with the frames since the last key frame, if there are any. */
  start(): void {
    const { peer, video, audio, clock, hasPicture } = this.#options;
    const transport: RtpTransport = { srtp: peer.sender!, peer, sent: this.#sent };
    const create = (parameters: RtpParameters | undefined): RtpSender | undefined =>
      parameters && new RtpSender(parameters, transport, randomInt(1, 0x7000));
    this.#video = create(video);
    this.#audio = create(audio);
    if (hasPicture() && hasNetEq(video)) this.#soundStart = new SoundStart(clock());
    outbox.gather(() => this.#startOver());
  }

  /** Takes a frame of the stream. */
  frame(frame: Frame): void {
    const now = this.#options.clock();
    if (frame.kind === 'audio') {
      const audio = this.#audio;
      if (audio === undefined) return;
      this.#options.account.timestamp = Math.round(frame.pts / 1000);
      // Sound is small and its loss is heard: it does not stand in line with pictures.
      for (const packet of frame.payloads) {
        const payload =
          this.#soundStart === undefined ? packet : this.#soundStart.next(packet, now);
        if (payload !== undefined) {
          this.#count(audio.send(payload, frame.timestamp, true, -1, now));
        }
      }
      return;
    }
    if (this.#video === undefined || !this.#wants(frame)) return;
    this.#options.account.timestamp = Math.round(frame.pts / 1000);
    this.#enqueue(frame, Math.max(frame.timestamp, this.#lastVideoTime + 1), now);
  }

  /** Ties RTP time to the wall clock once a second; `unixMs` belongs to the running `time`, µs, and
   *  RTP time is that plus `offset`. */
  reportIfDue(unixMs: number, time: number, offset: number): void {
    const now = this.#options.clock();
    if (!this.#reports.isDue(now) || this.packets === 0) return;
    const senders = { video: this.#video, audio: this.#audio };
    this.#options.peer.sendRtcp(this.#reports.write(now, unixMs, time, offset, senders));
  }

  /** Takes the viewer's feedback. */
  onRtcp(compound: Buffer): void {
    // What it asks for is sent in one go.
    outbox.gather(() => readRtcp(compound, (message) => this.#onMessage(message)));
  }

  /** The stream goes on elsewhere in time, or as another one: waits for its key frame. */
  discontinuity(): void {
    if (this.#state === 'live') this.#state = 'waiting';
  }

  /** Says goodbye to the receiver's decoders and forgets what waits. */
  stop(): void {
    this.#options.pacer.remove(this);
    this.#queue.clear();
    const bye = [this.#video, this.#audio].flatMap((sender) =>
      sender ? [writeBye(sender.parameters.ssrc)] : [],
    );
    if (bye.length > 0) this.#options.peer.sendRtcp(Buffer.concat(bye));
  }

  sendDue(now: number): boolean {
    const video = this.#video!;
    this.#queue.refill(now, this.estimate);
    const isTwice = this.#isSentTwice();
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const { payload, timestamp, marker, playoutMs } = next;
      this.#sendVideo(video, payload, timestamp, marker, playoutMs, now, isTwice);
    }
    return !this.#queue.isEmpty;
  }

  #onMessage(message: RtcpMessage): void {
    const now = this.#options.clock();
    switch (message.kind) {
      case 'nack': {
        const { ssrc, sequences } = message;
        const sender = [this.#video, this.#audio].find((one) => one?.parameters.ssrc === ssrc);
        const interval = Math.max(LEAST_RESEND_MS, this.rttMs * RESEND_SHARE);
        this.#count(sender?.resend(sequences, interval, now, this.#isSentTwice()) ?? 0);
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
        this.#reports.onBlocks(message.blocks, now);
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

  /** Sends the frames since the last key frame, at once and close together in time. */
  #startOver(): void {
    if (this.#video === undefined) {
      this.#state = 'live';
      return;
    }
    const frames = this.#options.recent();
    this.#queue.clear();
    this.#state = frames.length === 0 ? 'waiting' : 'live';
    const times = burstTimes(frames, this.#lastVideoTime);
    const now = this.#options.clock();
    for (const [index, frame] of frames.entries()) this.#enqueue(frame, times[index]!, now);
  }

  /** Whether a picture is sent, by state and by what the link carries. */
  #wants(frame: Frame): boolean {
    if (frame.key && (this.#state !== 'behind' || this.#queueMs() < MAX_QUEUE_MS / 4)) {
      this.#state = 'live';
    }
    const isSlow = this.estimate < this.#options.mediaRate();
    if (this.#state === 'live' && !(isSlow && frame.disposable)) {
      if (this.#queueMs() <= MAX_QUEUE_MS) return true;
      this.#state = 'behind';
      this.#options.account.dropped += this.#queue.frames;
      this.#queue.clear();
    }
    if (this.#state !== 'waiting') this.#options.account.dropped++;
    return false;
  }

  /** Time that what waits will take, ms; what waits in the network counts too. */
  #queueMs(): number {
    return this.#queue.waitMs(this.estimate) + this.#estimator.queueMs;
  }

  #enqueue(frame: Frame, timestamp: number, now: number): void {
    const video = this.#video!;
    const queue = this.#queue;
    const last = frame.payloads.length - 1;
    this.#lastVideoTime = timestamp;
    const playoutMs = this.#playout.next(frame.key, this.#estimator, now);
    const isTwice = this.#isSentTwice();
    queue.refill(now, this.estimate);
    for (let index = 0; index <= last; index++) {
      const payload = frame.payloads[index]!;
      const marker = index === last;
      if (queue.isOpen) {
        this.#sendVideo(video, payload, timestamp, marker, playoutMs, now, isTwice);
      } else {
        queue.push({ payload, timestamp, marker, playoutMs });
      }
    }
    if (!queue.isEmpty) this.#options.pacer.add(this);
  }

  #sendVideo(
    video: RtpSender,
    payload: Uint8Array,
    timestamp: number,
    marker: boolean,
    playoutMs: number,
    now: number,
    isTwice: boolean,
  ): void {
    this.#count(video.send(payload, timestamp, marker, playoutMs, now));
    if (isTwice) this.#count(video.sendTwice(now));
  }

  /** On a lossy way a copy is cheaper than a round trip of waiting, if there is room for it. */
  #isSentTwice(): boolean {
    const { roundTripMs, cleanForMs } = this.#estimator;
    return (
      Math.max(this.rttMs, roundTripMs) > TWICE_RTT_MS &&
      cleanForMs < TWICE_LOSS_MS &&
      this.estimate > this.#options.mediaRate() * TWICE_ROOM
    );
  }

  #count(bytes: number): void {
    this.#queue.spend(bytes);
    this.#options.account.bytes += bytes;
  }
}
