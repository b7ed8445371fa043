/** Publishes a `MediaStream` by WHIP (RFC 9725) until it is stopped; comes back after a loss. */
import { backoffDelay } from '../playback/backoff.ts';

export type PublishState = 'idle' | 'connecting' | 'live' | 'lost';
export type PublishFailure =
  'taken' | 'refused' | 'unsupported' | 'codec' | 'noWebRtc' | 'full' | 'network';

export interface PublishFigures {
  readonly bitsPerSecond: number;
  readonly framesPerSecond: number;
  readonly width: number;
  readonly height: number;
  /** Share of packets that did not arrive, 0 to 1. */
  readonly loss: number;
  /** Seconds between key frames of late. */
  readonly keyFrameInterval: number | undefined;
  /** Milliseconds. */
  readonly roundTrip: number;
}

/** The fields of outbound and remote-inbound statistics that are read. */
interface StatsFields {
  readonly type: string;
  readonly kind?: string;
  readonly timestamp: number;
  readonly bytesSent?: number;
  readonly framesPerSecond?: number;
  readonly frameWidth?: number;
  readonly frameHeight?: number;
  readonly keyFramesEncoded?: number;
  readonly fractionLost?: number;
  readonly roundTripTime?: number;
}

/** By the status of WHIP's answer. */
const FAILURES: Readonly<Record<number, PublishFailure>> = {
  401: 'refused',
  403: 'refused',
  404: 'unsupported',
  405: 'unsupported',
  406: 'codec',
  409: 'taken',
  501: 'unsupported',
  503: 'full',
};

class PublishError extends Error {
  readonly failure: PublishFailure;

  constructor(failure: PublishFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

export class WhipPublisher {
  readonly #url: string;
  readonly #bitsPerSecond: number;
  readonly #changed: (state: PublishState, failure?: PublishFailure) => void;
  #media: MediaStream;
  #peer: RTCPeerConnection | undefined;
  #resource: string | undefined;
  #attempt = 0;
  #wasLive = false;
  #stopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last: { at: number; bytes: number } | undefined;
  #keyFrames: { at: number; count: number; interval: number | undefined } | undefined;

  constructor(
    url: string,
    media: MediaStream,
    bitsPerSecond: number,
    changed: (state: PublishState, failure?: PublishFailure) => void,
  ) {
    this.#url = url;
    this.#media = media;
    this.#bitsPerSecond = bitsPerSecond;
    this.#changed = changed;
    addEventListener('pagehide', this.#leave);
  }

  start(): void {
    this.#changed(this.#wasLive ? 'lost' : 'connecting');
    this.#connect().catch((error: unknown) => {
      if (this.#stopped) return;
      const failure = error instanceof PublishError ? error.failure : 'network';
      // Who was live comes back when the way is free again; a first refusal is final.
      if (this.#wasLive && failure !== 'refused') this.#retry();
      else this.stop(failure);
    });
  }

  stop(failure?: PublishFailure): void {
    if (this.#stopped) return;
    this.#stopped = true;
    removeEventListener('pagehide', this.#leave);
    clearTimeout(this.#timer);
    this.#close();
    this.#changed('idle', failure);
  }

  /** Goes on with another camera, screen or microphone. */
  replace(media: MediaStream): void {
    this.#media = media;
    for (const sender of this.#peer?.getSenders() ?? []) {
      const track = media.getTracks().find((one) => one.kind === sender.track?.kind);
      if (track !== undefined) void sender.replaceTrack(track).catch(() => undefined);
    }
  }

  /** What is sent; rates are since the last call. */
  async figures(): Promise<PublishFigures | undefined> {
    const report = await this.#peer?.getStats();
    if (report === undefined) return undefined;
    const all: StatsFields[] = [];
    report.forEach((one: StatsFields) => all.push(one));
    const sent = all.filter((one) => one.type === 'outbound-rtp');
    const video = sent.find((one) => one.kind === 'video');
    const remote = all.filter((one) => one.type === 'remote-inbound-rtp');
    if (video === undefined) return undefined;
    const at = video.timestamp;
    const bytes = sent.reduce((sum, one) => sum + (one.bytesSent ?? 0), 0);
    const last = this.#last;
    this.#last = { at, bytes };
    return {
      bitsPerSecond:
        last === undefined || at <= last.at ? 0 : ((bytes - last.bytes) * 8000) / (at - last.at),
      framesPerSecond: video.framesPerSecond ?? 0,
      width: video.frameWidth ?? 0,
      height: video.frameHeight ?? 0,
      loss: Math.max(0, ...remote.map((one) => one.fractionLost ?? 0)),
      keyFrameInterval: this.#intervalOf(at, video.keyFramesEncoded ?? 0),
      roundTrip: Math.max(0, ...remote.map((one) => one.roundTripTime ?? 0)) * 1000,
    };
  }

  #intervalOf(at: number, count: number): number | undefined {
    const last = this.#keyFrames;
    if (last === undefined || count < last.count) {
      this.#keyFrames = { at, count, interval: undefined };
    } else if (count > last.count) {
      this.#keyFrames = { at, count, interval: (at - last.at) / 1000 / (count - last.count) };
    }
    return this.#keyFrames?.interval;
  }

  async #connect(): Promise<void> {
    if (!('RTCPeerConnection' in globalThis)) {
      throw new PublishError('noWebRtc', 'The browser has no WebRTC.');
    }
    const peer = new RTCPeerConnection();
    this.#peer = peer;
    for (const track of this.#media.getTracks()) {
      const transceiver = peer.addTransceiver(track, {
        direction: 'sendonly',
        sendEncodings: track.kind === 'video' ? [{ maxBitrate: this.#bitsPerSecond }] : undefined,
      });
      if (track.kind === 'video') preferH264(transceiver);
    }
    peer.onconnectionstatechange = () => {
      if (peer !== this.#peer) return;
      if (peer.connectionState === 'connected') {
        this.#attempt = 0;
        this.#wasLive = true;
        this.#changed('live');
      } else if (peer.connectionState === 'failed') this.#retry();
    };
    await peer.setLocalDescription();
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp' },
      body: peer.localDescription?.sdp ?? '',
    });
    const { status } = response;
    if (status !== 201) {
      throw new PublishError(FAILURES[status] ?? 'network', `WHIP was answered with ${status}.`);
    }
    const location = response.headers.get('location');
    if (location !== null) this.#resource = new URL(location, response.url).href;
    const answer = await response.text();
    if (this.#stopped) {
      this.#close();
      return;
    }
    await peer.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  #retry(): void {
    this.#close();
    this.#changed('lost');
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.start(), backoffDelay(this.#attempt, Math.random()));
    this.#attempt += 1;
  }

  #close(): void {
    this.#leave();
    const peer = this.#peer;
    this.#peer = undefined;
    peer?.close();
    this.#last = undefined;
    this.#keyFrames = undefined;
  }

  readonly #leave = () => {
    if (this.#resource === undefined) return;
    fetch(this.#resource, { method: 'DELETE', keepalive: true }).catch(() => undefined);
    this.#resource = undefined;
  };
}

/** What goes in as H.264 plays everywhere; other codecs are offered after it. */
function preferH264(transceiver: RTCRtpTransceiver): void {
  const { codecs } = RTCRtpSender.getCapabilities('video') ?? { codecs: [] };
  const isH264 = (codec: RTCRtpCodec) => codec.mimeType.toLowerCase() === 'video/h264';
  if (!codecs.some(isH264)) return;
  transceiver.setCodecPreferences([
    ...codecs.filter(isH264),
    ...codecs.filter((codec) => !isH264(codec)),
  ]);
}
