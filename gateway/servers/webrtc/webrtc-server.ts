import { randomInt } from 'node:crypto';
import type { Hub } from '../../live/hub.ts';
import type { Log } from '../../ops/log.ts';
import { buildAnswer, buildIceFragment } from '../../protocols/sdp/answer.ts';
import { SdpError } from '../../protocols/sdp/description.ts';
import type { WebRtcOffer } from '../../protocols/sdp/offer.ts';
import { readIceFragment, readOffer } from '../../protocols/sdp/offer.ts';
import type { SessionRegistry } from '../../sessions/registry.ts';
import type { EndReason, Session, SessionDetails } from '../../sessions/session.ts';
import { Addresses } from './addresses.ts';
import { awaitStream } from './await-stream.ts';
import { MediaPort } from './media-port.ts';
import { B_FRAMES_ADVICE } from './outlet-picture.ts';
import { Outlets } from './outlets.ts';
import { Pacer } from './pacer.ts';
import type { Peer, PeerEnd, PeerEvents } from './peer.ts';
import type { PeerMaker } from './peer-maker.ts';
import { problemOf, WebRtcProblem } from './problem.ts';
import type { Resource } from './resources.ts';
import { Resources, tagOf } from './resources.ts';
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

/** What WHEP and WHIP answer to an offer. */
export interface Answered {
  /** Names the session's resource; nobody can guess it. */
  readonly id: string;
  readonly sdp: string;
  readonly tag: string;
}

/** A class of a thousand connects within seconds; whoever does not has 20 s each. */
const MOST_CONNECTING = 2_000;

type RequestDetails = Pick<SessionDetails, 'name' | 'addr' | 'args' | 'uri'> & {
  /** Aborted when the client leaves before it is answered. */
  readonly departure: AbortSignal;
};

const endReasons: Readonly<Record<PeerEnd, EndReason['code']>> = {
  left: 'client_left',
  lost: 'connection_lost',
  failed: 'failed',
  ended: 'dropped',
  shutdown: 'shutdown',
};

/** WebRTC out and in: one media port, a session a viewer or publisher, an outlet a watched stream. */
export class WebRtcServer {
  readonly #options: WebRtcOptions;
  readonly #clock: () => number;
  readonly #port: MediaPort;
  readonly #addresses: Addresses;
  readonly #pacer: Pacer;
  readonly #budget: TranscodeBudget;
  readonly #outlets: Outlets;
  readonly #resources = new Resources();
  #peers: Promise<PeerMaker> | undefined;

  constructor(options: WebRtcOptions) {
    const { hub, log, ffmpeg, settings } = options;
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
    return { sessions: this.#resources.size, transcodes: this.#budget.used, strays };
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
    for (const session of this.#resources.sessions) {
      session.end({ code: 'shutdown', message: 'The server is stopping.' });
    }
    this.#pacer.close();
    await this.#port.close();
  }

  /**
   * Answers a WHEP offer: the client watches.
   * @throws WebRtcProblem
   */
  async play(text: string, request: RequestDetails): Promise<Answered> {
    const offer = this.#readOffer(text);
    // Told before admission, as it says nothing of the stream; what does is told after it.
    refuseUnplayable(offer);
    const peers = await this.prepare();
    const session = await this.#admit('play', request);
    return this.#guard(session, async () => {
      const { hub, ffmpeg, settings } = this.#options;
      const stream = await awaitStream(hub, request.name, session, settings().waitMs);
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
      const peer = this.#createPeer(peers, offer, session, {
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
      return this.#answer('whep', offer, media, peer, session);
    });
  }

  /**
   * Answers a WHIP offer: the client publishes.
   * @throws WebRtcProblem
   */
  async publish(text: string, request: RequestDetails): Promise<Answered> {
    const offer = this.#readOffer(text);
    const plan = planPublisher(offer);
    const peers = await this.prepare();
    const session = await this.#admit('publish', request);
    return this.#guard(session, async () => {
      const { hub, ffmpeg, log, settings } = this.#options;
      const publication = hub.publish(request.name, {
        replaced: () => session.end({ code: 'replaced', message: 'Another publisher took over.' }),
      });
      if (publication === undefined) {
        const message = `The stream ${JSON.stringify(request.name)} is published already.`;
        throw new WebRtcProblem('busy', message);
      }
      session.onEnd(({ code }) =>
        publication.end(code !== 'connection_lost' && code !== 'timeout'),
      );
      let ingest: WhipIngest | undefined = undefined;
      const peer = this.#createPeer(peers, offer, session, {
        onConnected: () => ingest?.start(),
        onRtp: (packet, headerLength, payload) => ingest?.onRtp(packet, headerLength, payload),
        onRtcp: (compound) => ingest?.onRtcp(compound),
      });
      const running = new WhipIngest({
        plan,
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
      return this.#answer('whip', offer, plan.media, peer, session);
    });
  }

  /**
   * Takes a trickle ICE fragment (RFC 9725, 4.3): candidates need nothing of a lite agent; new
   * credentials are an ICE restart, which is answered with ours.
   * @throws WebRtcProblem
   */
  async patch(
    kind: Resource['kind'],
    id: string,
    name: string,
    fragment: string,
    tag: string | undefined,
  ): Promise<{ readonly fragment: string; readonly tag: string } | undefined> {
    const credentials = parse(() => readIceFragment(fragment));
    // Asked for first: the session may end meanwhile.
    const candidates = await this.#addresses.candidates();
    const { peer, mid } = this.#resources.find(kind, id, name);
    if (tag !== undefined && tag !== '*' && tag !== tagOf(peer)) {
      throw new WebRtcProblem(
        'stale_tag',
        'The entity tag is not the one of the ICE session of now.',
      );
    }
    if (credentials === undefined || credentials.ufrag === peer.remoteUfrag) return undefined;
    const before = peer.ice.ufrag;
    peer.restartIce(credentials);
    this.#port.rename(peer, before);
    return { fragment: buildIceFragment(peer.ice, mid, candidates), tag: tagOf(peer) };
  }

  /**
   * The client leaves.
   * @throws WebRtcProblem `no_session`
   */
  remove(kind: Resource['kind'], id: string, name: string): void {
    const { session } = this.#resources.find(kind, id, name);
    session.end({ code: 'client_left', message: 'The client deleted the session.' });
  }

  #readOffer(text: string): WebRtcOffer {
    if (this.#port.port === 0) {
      throw new WebRtcProblem('unavailable', 'WebRTC is switched off on this server.');
    }
    const { mostConnecting = MOST_CONNECTING } = this.#options;
    if (this.#port.connecting >= mostConnecting) {
      const message = `The limit of ${mostConnecting} clients that are connecting is reached.`;
      throw new WebRtcProblem('full', message);
    }
    return parse(() => readOffer(text));
  }

  async #admit(
    kind: SessionDetails['kind'],
    { departure, ...request }: RequestDetails,
  ): Promise<Session> {
    // It may have left before there was anything to end: an abort is not told again.
    if (departure.aborted) {
      throw new WebRtcProblem('no_session', 'The client left before it was answered.');
    }
    const { registry } = this.#options;
    const { session, decision } = await registry.open(
      { ...request, kind, protocol: 'webrtc', app: 'live', clientId: registry.nextClientId() },
      () => {}, // whoever serves the session listens for its end
      (opened) => {
        departure.addEventListener('abort', () => {
          opened.end({ code: 'client_left', message: 'The client left before it was answered.' });
        });
      },
    );
    if (!decision.admitted) throw problemOf(decision.refusal);
    return session;
  }

  /** Ends a session that was admitted but cannot be answered. */
  async #guard<T>(session: Session, serve: () => Promise<T>): Promise<T> {
    try {
      return await serve();
    } catch (error) {
      session.end({ code: 'failed', message: (error as Error).message });
      throw error;
    }
  }

  #createPeer(
    peers: PeerMaker,
    offer: WebRtcOffer,
    session: Session,
    events: Omit<PeerEvents, 'onPathGone' | 'onClosed'>,
  ): Peer {
    const peer: Peer = peers.create(
      { fingerprints: offer.fingerprints, remoteIce: offer.ice, clock: this.#clock },
      {
        ...events,
        onPathGone: (path) => this.#port.forget(peer, path),
        onClosed: (end, message) => {
          this.#port.remove(peer);
          session.end({ code: endReasons[end], message });
        },
      },
    );
    return peer;
  }

  async #answer(
    kind: Resource['kind'],
    offer: WebRtcOffer,
    media: Parameters<typeof buildAnswer>[0]['media'],
    peer: Peer,
    session: Session,
  ): Promise<Answered> {
    const { fingerprint } = await this.prepare();
    const candidates = await this.#addresses.candidates();
    if (session.state === 'ended') {
      throw new WebRtcProblem('no_session', session.reason?.message ?? 'The session has ended.');
    }
    const { name } = session.details;
    const id = this.#resources.add({ kind, name, peer, session, mid: offer.media[0]!.mid });
    this.#port.add(peer);
    // The last to hear of the end: what goes before still has a connection to say goodbye over.
    session.onEnd(({ code }) => peer.close(code === 'shutdown' ? 'shutdown' : 'ended'));
    const sdp = buildAnswer({
      sessionId: String(randomInt(1, 2 ** 47)),
      ice: peer.ice,
      fingerprint,
      candidates,
      media,
    });
    return { id, sdp, tag: tagOf(peer) };
  }
}

const parse = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (error instanceof SdpError) throw new WebRtcProblem('bad_sdp', error.message);
    throw error;
  }
};
