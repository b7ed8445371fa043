import type { Hub } from '../../live/hub.ts';
import type { Log } from '../../ops/log.ts';
import type { WebRtcOffer } from '../../protocols/sdp/offer.ts';
import { readOffer } from '../../protocols/sdp/offer.ts';
import type { SessionRegistry } from '../../sessions/registry.ts';
import { Addresses } from './addresses.ts';
import { awaitStream } from './await-stream.ts';
import type { Answered } from './connections.ts';
import { Connections } from './connections.ts';
import type { RequestDetails } from './door.ts';
import { Door } from './door.ts';
import { MediaPort } from './media-port.ts';
import { B_FRAMES_ADVICE } from './outlet-picture.ts';
import { Outlets } from './outlets.ts';
import { Pacer } from './pacer.ts';
import type { PeerMaker } from './peer-maker.ts';
import { readSdp, WebRtcProblem } from './problem.ts';
import type { WebRtcSettings } from './settings.ts';
import { TranscodeBudget } from './transcode-budget.ts';
import { OutletSubscription, planViewer, refuseUnplayable, wantsPicture } from './viewer.ts';
import { WhipIngest } from './whip-ingest.ts';
import { planPublisher } from './whip-plan.ts';

export interface WebRtcOptions {
  readonly hub: Hub;
  readonly registry: SessionRegistry;
  readonly log: Log;
  readonly settings: () => WebRtcSettings;
  /** Path of ffmpeg; undefined where there is none. */
  readonly ffmpeg: string | undefined;
  /** Sessions that may be on their way to connect; an offer costs its sender nothing. */
  readonly mostConnecting?: number;
  readonly clock?: () => number;
  readonly wall?: () => number;
}

/** WebRTC out and in: one media port, a session a viewer or publisher, an outlet a watched stream. */
export class WebRtcServer {
  /** Those who were answered. */
  readonly connections: Connections;
  readonly #options: WebRtcOptions;
  readonly #clock: () => number;
  readonly #port: MediaPort;
  readonly #addresses: Addresses;
  readonly #pacer: Pacer;
  readonly #budget: TranscodeBudget;
  readonly #outlets: Outlets;
  readonly #door: Door;
  #peers: Promise<PeerMaker> | undefined;

  constructor(options: WebRtcOptions) {
    const { hub, log, ffmpeg, settings, registry, mostConnecting } = options;
    const clock = options.clock ?? (() => performance.now());
    const wall = options.wall ?? Date.now;
    this.#options = options;
    this.#clock = clock;
    this.#port = new MediaPort(clock);
    this.#addresses = new Addresses({
      port: this.#port,
      configured: () => settings().publicAddresses,
      clock,
      warn: (message) => log.warn(message),
    });
    this.connections = new Connections({ port: this.#port, addresses: this.#addresses, clock });
    const connecting = (): number => this.#port.connecting;
    this.#door = new Door({ registry, connecting, mostConnecting });
    this.#pacer = new Pacer(clock);
    this.#budget = new TranscodeBudget(() => settings().maxTranscodes);
    this.#outlets = new Outlets({ hub, log, ffmpeg, clock, wall, budget: this.#budget });
  }

  /** The media port's number, over UDP and TCP; 0 when WebRTC is off. */
  get port(): number {
    return this.#port.port;
  }

  /** Sessions, ffmpeg children that remove B-frames, and packets that belonged to nobody. */
  get figures(): {
    readonly sessions: number;
    readonly transcodes: number;
    readonly strays: number;
  } {
    const { strays } = this.#port;
    return { sessions: this.connections.sessions.length, transcodes: this.#budget.used, strays };
  }

  /**
   * Opens the media port. A second call moves it, which ends the sessions of the old one.
   * @throws the system's error when the port is taken
   */
  async listen(port: number, host: string): Promise<void> {
    if (this.#port.port !== 0) await this.#port.close();
    this.#addresses.bound(host);
    await this.#port.open(port, host);
    if (!this.#port.hasTcp) {
      this.#options.log.warn(
        `TCP port ${this.#port.port} is taken: WebRTC is served over UDP only`,
      );
    }
  }

  /**
   * Loads what sessions need, once: some 150 ms, and 25 MB that a gateway without browsers
   * never spends. Called before the first offer comes, it saves that viewer the wait. What fails, for
   * want of descriptors, say, is tried again by the next call.
   */
  prepare(): Promise<PeerMaker> {
    return (this.#peers ??= import('./peer-maker.ts')
      .then(({ preparePeers }) => preparePeers())
      .catch((error: unknown) => {
        this.#peers = undefined;
        this.#options.log.error({ err: error }, 'what WebRTC needs could not be loaded');
        throw error;
      }));
  }

  /** Tells in the log which addresses nobody could reach. */
  async selfTest(): Promise<void> {
    const { log } = this.#options;
    for (const { isFault, message } of await this.#addresses.test()) {
      if (isFault) log.warn(message);
      else log.info(message);
    }
  }

  /** Ends every session and closes the port. */
  async close(): Promise<void> {
    for (const session of this.connections.sessions) {
      session.end({ code: 'shutdown', message: 'The server is stopping.' });
    }
    this.#pacer.close();
    await this.#port.close();
  }

  /**
   * Answers a WHEP offer: the client watches.
   * @throws WebRtcProblem
   */
  play(text: string, request: RequestDetails): Promise<Answered> {
    const { hub, ffmpeg, settings } = this.#options;
    return this.#door.enter('play', request, {
      look: () => this.#look(text, refuseUnplayable),
      wait: (session) => awaitStream(hub, request.name, session, settings().waitMs),
      serve: async (session, { offer, peers }, stream) => {
        const { outlet, release } = this.#outlets.use(stream);
        session.onEnd(release);
        const releasePicture = wantsPicture(offer) ? outlet.wantVideo() : () => {};
        if (releasePicture === undefined) {
          const why =
            ffmpeg === undefined
              ? 'ffmpeg, which removes them, is not installed'
              : 'no encoder is free to remove them';
          throw new WebRtcProblem(
            'b_frames',
            `The stream has B-frames, which WebRTC cannot play, and ${why}. ${B_FRAMES_ADVICE}`,
          );
        }
        session.onEnd(releasePicture);
        const { media, ...plan } = planViewer(offer, outlet);
        let subscription: OutletSubscription | undefined = undefined;
        const peer = this.connections.create(peers, offer, session, {
          onConnected: () => subscription?.start(),
          onRtcp: (compound) => subscription?.sender.onRtcp(compound),
        });
        const [pacer, clock] = [this.#pacer, this.#clock];
        const joined = new OutletSubscription(
          outlet,
          { peer, account: session, pacer, clock, ...plan },
          (code, message) => session.end({ code, message }),
        );
        subscription = joined;
        session.onEnd(() => joined.stop());
        return this.connections.answer('whep', peers, offer, media, peer, session);
      },
    });
  }

  /**
   * Answers a WHIP offer: the client publishes.
   * @throws WebRtcProblem
   */
  publish(text: string, request: RequestDetails): Promise<Answered> {
    const { hub, ffmpeg, log, settings } = this.#options;
    return this.#door.enter('publish', request, {
      look: () => this.#look(text, planPublisher),
      wait: () => Promise.resolve(),
      serve: async (session, { offer, peers, seen }) => {
        const publication = hub.publish(request.name, {
          replaced: () =>
            session.end({ code: 'replaced', message: 'Another publisher took over.' }),
        });
        if (publication === undefined) {
          const message = `The stream ${JSON.stringify(request.name)} is published already.`;
          throw new WebRtcProblem('busy', message);
        }
        session.onEnd(({ code }) =>
          publication.end(code !== 'connection_lost' && code !== 'timeout'),
        );
        let ingest: WhipIngest | undefined = undefined;
        const peer = this.connections.create(peers, offer, session, {
          onConnected: () => ingest?.start(),
          onRtp: (packet, headerLength, payload) => ingest?.onRtp(packet, headerLength, payload),
          onRtcp: (compound) => ingest?.onRtcp(compound),
        });
        const running = new WhipIngest({
          plan: seen,
          peer,
          publication,
          account: session,
          ffmpeg,
          clock: this.#clock,
          silenceMs: () => settings().publishTimeoutMs,
          warn: (message) => log.warn({ stream: request.name }, message),
          end: (code, message) => session.end({ code, message }),
        });
        ingest = running;
        session.onEnd(() => running.stop());
        return this.connections.answer('whip', peers, offer, seen.media, peer, session);
      },
    });
  }

  /** What of an offer is told before admission, as it says nothing of the stream. */
  async #look<Seen>(
    text: string,
    judge: (offer: WebRtcOffer) => Seen,
  ): Promise<{ readonly offer: WebRtcOffer; readonly seen: Seen; readonly peers: PeerMaker }> {
    if (this.#port.port === 0) {
      throw new WebRtcProblem('unavailable', 'WebRTC is switched off on this server.');
    }
    const offer = readSdp(() => readOffer(text));
    const seen = judge(offer);
    return { offer, seen, peers: await this.prepare() };
  }
}
