/** WebRTC into a `<video>`, asked for by WHEP (draft-ietf-wish-whep). */
import { FlowWatch, type Flow, type FlowCounters } from '../playback/flow-watch.ts';
import { errorOfAnswer, PlaybackError } from '../playback/playback-error.ts';
import { parseRtpTime, streamTime, type RtpTime } from '../playback/rtp-time.ts';
import { codeOf } from './flv-connection.ts';
import type { PresentedFrame, Transport, TransportStatistics } from './transport.ts';
import type { TransportSetup } from './transport-setup.ts';
import { clearVideo, followFrames, frameCounts, playAnyway, watchVideo } from './video-surface.ts';

/** The jitter buffer's fill as browsers without the standard's property call it. */
interface ReceiverWithHint extends RTCRtpReceiver {
  jitterBufferTarget: number | null;
  playoutDelayHint?: number;
}

/** A media stream that nothing comes of says nothing by itself; it is looked at this often, ms. */
const LOOK_INTERVAL = 250;
/** A share of the looks at a stream that stands still ask the gateway for the session. */
const ASKING_SHARE = 0.25;
/** So many packets of sound without one of a picture, and there is none: some hundred ms. */
const SOUND_ALONE = 20;

interface Counters extends FlowCounters {
  readonly audioPackets: number;
}

export class WhepTransport implements Transport {
  readonly name = 'webrtc';
  readonly surface = 'video';
  readonly #url: string;
  readonly #setup: TransportSetup;
  readonly #follower: ReturnType<typeof followFrames>;
  readonly #abort = new AbortController();
  #peer: RTCPeerConnection | undefined;
  #resource: string | undefined;
  #unwatch: (() => void) | undefined;
  #stopped = false;
  #reading = false;
  #asking = false;
  #rtpTime: RtpTime | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;
  #stats: TransportStatistics = {};
  #counters: Counters = { bytesReceived: 0, videoPackets: 0, audioPackets: 0, framesDecoded: 0 };

  constructor(url: string, setup: TransportSetup) {
    this.#url = url;
    this.#setup = setup;
    this.#follower = followFrames(setup.video);
  }

  start(): void {
    this.#connect().catch((cause: unknown) => {
      // Stopped in the middle of it, the session may exist all the same.
      if (this.#stopped) this.#leave();
      this.#fail(
        cause instanceof PlaybackError
          ? cause
          : new PlaybackError('network', 'The WebRTC session could not be set up.', { cause }),
      );
    });
  }

  async #connect(): Promise<void> {
    const { video, listener } = this.#setup;
    const peer = new RTCPeerConnection();
    this.#peer = peer;
    for (const kind of ['video', 'audio'] as const) {
      const { receiver } = peer.addTransceiver(kind, { direction: 'recvonly' });
      holdLittle(receiver, this.#setup.targetDelay ?? 0);
    }
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === 'failed') {
        this.#fail(new PlaybackError('network', 'The WebRTC connection was lost.'));
      } else if (peer.connectionState === 'connected') listener.receiving();
    };

    await peer.setLocalDescription();
    // None of our own candidates is waited for: the gateway is ICE-lite (RFC 8445, 2.5) and learns
    // where we are from our checks.
    const offer = peer.localDescription?.sdp ?? '';
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp' },
      body: offer,
      signal: this.#abort.signal,
    });
    if (response.status !== 201) {
      throw errorOfAnswer('WHEP', response.status, await codeOf(response));
    }
    const location = response.headers.get('location');
    if (location !== null) this.#resource = new URL(location, this.#url).href;
    const answer = await response.text();
    this.#rtpTime = parseRtpTime(answer);
    if (this.#isStopped()) {
      this.#leave();
      return;
    }
    await peer.setRemoteDescription({ type: 'answer', sdp: answer });
    if (this.#isStopped()) return;
    this.#heedGoodbye(peer);

    this.#unwatch = watchVideo(video, listener);
    video.muted = this.#setup.muted;
    video.volume = this.#setup.volume;
    const tracks = this.#tracks();
    const pictures = tracks.filter(isPicture);
    video.srcObject = new MediaStream(pictures.length > 0 ? pictures : tracks);
    video.requestVideoFrameCallback?.(() => this.#addSound());
    this.#watchdog = setInterval(this.#watchFlow(), LOOK_INTERVAL);
    await playAnyway(video, listener);
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#abort.abort();
    clearInterval(this.#watchdog);
    this.#unwatch?.();
    this.#follower.stop();
    this.#leave();
    if (this.#peer === undefined) return;
    this.#peer.onconnectionstatechange = null;
    this.#peer.close();
    clearVideo(this.#setup.video);
  }

  /** Stopped meanwhile, as may be after every wait. */
  #isStopped(): boolean {
    return this.#stopped;
  }

  /** Ends the session at the gateway; a page that is being closed too. */
  #leave(): void {
    if (this.#resource === undefined) return;
    fetch(this.#resource, { method: 'DELETE', keepalive: true }).catch(() => undefined);
    this.#resource = undefined;
  }

  goLive(): void {
    void playAnyway(this.#setup.video, this.#setup.listener);
  }

  setSound(volume: number, muted: boolean): void {
    this.#setup.video.volume = volume;
    this.#setup.video.muted = muted;
  }

  statistics(): TransportStatistics {
    this.#readStats();
    const { video } = this.#setup;
    return {
      ...frameCounts(video),
      ...this.#stats,
      width: video.videoWidth,
      height: video.videoHeight,
    };
  }

  /** By the gateway's word on its RTP time stamps, else by what the browser makes of RTCP. */
  presented(): PresentedFrame | undefined {
    const { last } = this.#follower;
    if (last === undefined) return undefined;
    const presentedAt = last.shownAt;
    if (this.#rtpTime !== undefined && last.rtpTimestamp !== undefined) {
      return { pts: streamTime(this.#rtpTime, last.rtpTimestamp), presentedAt };
    }
    if (last.captureTime !== undefined) {
      return { capturedAt: performance.timeOrigin + last.captureTime, presentedAt };
    }
    // The gateway passes frames on at once, so what is left is the way to here and our own time.
    const { roundTrip } = this.#stats;
    if (last.receiveTime === undefined || roundTrip === undefined) return undefined;
    const left = performance.timeOrigin + last.receiveTime - roundTrip / 2;
    return { capturedAt: left, presentedAt };
  }

  /**
   * Sound comes to the picture that is there: a browser's first start of its output holds up the page
   * for 100 ms and more, for which the first picture would wait.
   */
  #addSound(): void {
    const { video, listener } = this.#setup;
    const shown = video.srcObject;
    if (this.#stopped || !(shown instanceof MediaStream)) return;
    const sound = this.#tracks().find((track) => !isPicture(track));
    if (sound === undefined || shown.getAudioTracks().length > 0) return;
    shown.addTrack(sound);
    // What may play by itself without sound need not with it.
    void playAnyway(video, listener);
  }

  /** A video element waits for the picture of a stream that has none, so it is not given that track. */
  #showTracks(): void {
    const { video, listener } = this.#setup;
    const { videoPackets, audioPackets, framesDecoded } = this.#counters;
    // A hidden page is not told of its frames.
    if (framesDecoded > 0) this.#addSound();
    const shown = video.srcObject;
    const tracks = this.#tracks();
    if (!(shown instanceof MediaStream) || !tracks.some(isPicture)) return;
    const hasPicture = shown.getVideoTracks().length > 0;
    if (hasPicture ? videoPackets > 0 || audioPackets < SOUND_ALONE : videoPackets === 0) return;
    // Only a new stream makes the element think again.
    video.srcObject = new MediaStream(tracks.filter((track) => !hasPicture || !isPicture(track)));
    void playAnyway(video, listener);
  }

  /** The tracks that the gateway sends: an element would wait for those that it does not. */
  #tracks(): MediaStreamTrack[] {
    const transceivers = this.#peer?.getTransceivers() ?? [];
    return transceivers
      .filter(({ currentDirection }) => currentDirection !== 'inactive')
      .map(({ receiver }) => receiver.track);
  }

  /** The gateway's goodbye closes DTLS, of which the connection's own state says nothing. */
  #heedGoodbye(peer: RTCPeerConnection): void {
    const transport = peer.getReceivers()[0]?.transport;
    transport?.addEventListener('statechange', () => {
      if (transport.state !== 'closed') return;
      this.#fail(new PlaybackError('network', 'The gateway ended the WebRTC session.'));
    });
  }

  /** Tells when bytes stop coming, and when they come again; gives up what becomes no picture. */
  #watchFlow(): () => void {
    const watch = new FlowWatch();
    let before: Flow = 'flowing';
    return () => {
      this.#readStats();
      this.#showTracks();
      const flow = watch.observe(performance.now(), this.#counters);
      // About once a second, and a class of viewers not all at once.
      if (flow === 'still' && Math.random() < ASKING_SHARE) this.#askForSession();
      if (flow === before) return;
      before = flow;
      const { listener } = this.#setup;
      // RTP time ran on while nobody published; the stream's own time did not.
      if (flow === 'still') this.#rtpTime = undefined;
      if (flow === 'flowing') listener.playing();
      else if (flow === 'still') listener.buffering();
      else this.#fail(new PlaybackError('network', 'What comes over WebRTC shows no picture.'));
    };
  }

  /** A gateway that was started anew does not know the session, of which UDP says nothing. */
  #askForSession(): void {
    if (this.#asking || this.#resource === undefined) return;
    this.#asking = true;
    fetch(this.#resource, {
      method: 'PATCH',
      headers: { 'content-type': 'application/trickle-ice-sdpfrag' },
      body: 'a=end-of-candidates\r\n',
      signal: this.#abort.signal,
    }).then(
      ({ status }) => {
        this.#asking = false;
        if (status !== 404) return;
        this.#resource = undefined;
        this.#fail(new PlaybackError('network', 'The gateway no longer knows the WebRTC session.'));
      },
      () => (this.#asking = false),
    );
  }

  /** Asks for the counters; they show in the next `statistics()`. */
  #readStats(): void {
    if (this.#reading || this.#peer === undefined) return;
    this.#reading = true;
    this.#peer.getStats().then(
      (report) => {
        this.#reading = false;
        const { statistics, counters } = summary(report);
        this.#stats = statistics;
        this.#counters = counters;
      },
      () => (this.#reading = false),
    );
  }

  #fail(error: PlaybackError): void {
    if (this.#stopped) return;
    this.stop();
    this.#setup.listener.failed(error);
  }
}

const isPicture = (track: MediaStreamTrack): boolean => track.kind === 'video';

function holdLittle(receiver: RTCRtpReceiver, seconds: number): void {
  const hinted = receiver as ReceiverWithHint;
  if ('jitterBufferTarget' in receiver) hinted.jitterBufferTarget = seconds * 1000;
  else if ('playoutDelayHint' in receiver) hinted.playoutDelayHint = seconds;
}

/** The fields of `RTCInboundRtpStreamStats`, `RTCCodecStats` and candidate pairs that are read. */
interface StatsFields {
  readonly id: string;
  readonly type: string;
  readonly kind?: string;
  readonly codecId?: string;
  readonly mimeType?: string;
  readonly bytesReceived?: number;
  readonly packetsLost?: number;
  readonly packetsReceived?: number;
  readonly framesDecoded?: number;
  readonly framesDropped?: number;
  readonly jitterBufferDelay?: number;
  readonly jitterBufferEmittedCount?: number;
  readonly currentRoundTripTime?: number;
  readonly nominated?: boolean;
}

function summary(report: RTCStatsReport): {
  statistics: TransportStatistics;
  counters: Counters;
} {
  const all: StatsFields[] = [];
  report.forEach((one: StatsFields) => all.push(one));
  const inbound = (kind: string) =>
    all.find((one) => one.type === 'inbound-rtp' && one.kind === kind);
  const codec = (one: StatsFields | undefined) =>
    all.find((other) => other.id === one?.codecId)?.mimeType?.replace(/^\w+\//, '');
  const video = inbound('video');
  const audio = inbound('audio');
  const pair = all.find((one) => one.type === 'candidate-pair' && one.nominated);
  const held = video ?? audio;
  const emitted = held?.jitterBufferEmittedCount ?? 0;
  const bytesReceived = (video?.bytesReceived ?? 0) + (audio?.bytesReceived ?? 0);
  return {
    counters: {
      bytesReceived,
      videoPackets: video?.packetsReceived ?? 0,
      audioPackets: audio?.packetsReceived ?? 0,
      framesDecoded: video?.framesDecoded ?? 0,
    },
    statistics: {
      videoCodec: codec(video),
      audioCodec: codec(audio),
      bytesReceived,
      packetsLost: (video?.packetsLost ?? 0) + (audio?.packetsLost ?? 0),
      buffered: emitted > 0 ? (held?.jitterBufferDelay ?? 0) / emitted : undefined,
      roundTrip:
        pair?.currentRoundTripTime === undefined ? undefined : pair.currentRoundTripTime * 1000,
    },
  };
}
