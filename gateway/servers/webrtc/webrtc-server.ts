import { randomBytes, randomInt } from 'node:crypto';
import type { Hub } from '../../live/hub.ts';
import type { Stream } from '../../live/stream.ts';
import type { Log } from '../../ops/log.ts';
import { buildAnswer, buildIceFragment } from '../../protocols/sdp/answer.ts';
import { SdpError } from '../../protocols/sdp/description.ts';
import type { WebRtcOffer } from '../../protocols/sdp/offer.ts';
import { readIceFragment, readOffer } from '../../protocols/sdp/offer.ts';
import type { LocalCandidate } from '../../protocols/sdp/candidate.ts';
import type { SessionRegistry } from '../../sessions/registry.ts';
import type { EndReason, Session, SessionDetails } from '../../sessions/session.ts';
import type { DtlsIdentity } from './dtls-endpoint.ts';
import { createDtlsIdentity } from './dtls-endpoint.ts';
import { rehearseHandshake } from './dtls-warm-up.ts';
import type { KnownAddress } from './local-candidates.ts';
import { candidatesOf, knownAddresses } from './local-candidates.ts';
import { MediaPort } from './media-port.ts';
import { StreamOutlet } from './outlet.ts';
import { Pacer } from './pacer.ts';
import type { PeerEnd, PeerEvents } from './peer.ts';
import { Peer } from './peer.ts';
import { WebRtcProblem } from './problem.ts';
import { testCandidates } from './self-test.ts';
import type { WebRtcSettings } from './settings.ts';
import { TranscodeBudget } from './transcode-budget.ts';
import { OutletSubscription, planViewer } from './viewer.ts';
import { planPublisher, WhipIngest } from './whip-ingest.ts';

/** A stream that has just begun is given this long to show its first key frame, ms. */
const READY_MS = 5_000;
/** Configured host names are looked up again after this time, ms. */
const ADDRESSES_MS = 60_000;

export interface WebRtcOptions {
  readonly hub: Hub;
  readonly registry: SessionRegistry;
  readonly log: Log;
  readonly settings: () => WebRtcSettings;
  /** Path of ffmpeg; undefined where there is none. */
  readonly ffmpeg: string | undefined;
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

/** A WHEP or WHIP session: the resource that a client may patch and delete. */
interface Resource {
  readonly id: string;
  readonly kind: 'whep' | 'whip';
  readonly name: string;
  readonly peer: Peer;
  readonly session: Session;
  /** First section's identifier, for the fragment that answers an ICE restart. */
  readonly mid: string;
}

type RequestDetails = Pick<SessionDetails, 'name' | 'addr' | 'args' | 'uri'>;

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
  readonly #wall: () => number;
  readonly #port: MediaPort;
  readonly #pacer: Pacer;
  readonly #budget: TranscodeBudget;
  readonly #outlets = new Map<
    string,
    { outlet: StreamOutlet; release: () => void; users: number }
  >();
  readonly #resources = new Map<string, Resource>();
  #identity: DtlsIdentity | undefined;
  #host = '';
  #addresses: { readonly at: number; readonly found: Promise<KnownAddress[]> } | undefined;

  constructor(options: WebRtcOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#wall = options.wall ?? Date.now;
    this.#port = new MediaPort(this.#clock);
    this.#pacer = new Pacer(this.#clock);
    this.#budget = new TranscodeBudget(() => options.settings().maxTranscodes);
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
    this.#identity ??= await preparedIdentity();
    if (this.#port.port !== 0) await this.#port.close();
    this.#host = host;
    this.#addresses = undefined;
    await this.#port.open(port, host);
    if (!this.#port.hasTcp) {
      this.#options.log.warn(
        `TCP port ${this.#port.port} is taken: WebRTC is served over UDP only`,
      );
    }
  }

  /** Tells in the log which candidates nobody could reach. */
  async selfTest(): Promise<string[]> {
    const findings = await testCandidates(await this.#known(), this.#port.port, (listener) =>
      this.#port.onStray(listener),
    );
    for (const finding of findings) this.#options.log.warn(finding);
    return findings;
  }

  /** Ends every session and closes the port. */
  async close(): Promise<void> {
    for (const { session } of this.#resources.values()) {
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
    const session = await this.#admit('play', request);
    try {
      const stream = await this.#liveStream(request.name, session);
      const { outlet, release } = this.#outlet(stream);
      session.onEnd(release);
      if (!outlet.prepareVideo()) {
        throw new WebRtcProblem(
          'b_frames',
          'The stream has B-frames, which WebRTC cannot play, and no encoder is free to remove them. ' +
            'In OBS set "Max B-frames" to 0 (x264 option bframes=0), with ffmpeg -bf 0.',
        );
      }
      const plan = planViewer(offer, outlet);
      let subscription: OutletSubscription | undefined = undefined;
      const peer = this.#createPeer(offer, session, {
        onConnected: () => subscription?.start(),
        onRtcp: (compound) => subscription?.sender.onRtcp(compound),
      });
      const { video, audio } = plan;
      const { pacer, clock, wall } = { pacer: this.#pacer, clock: this.#clock, wall: this.#wall };
      const joined = new OutletSubscription(
        outlet,
        { peer, account: session, pacer, video, audio, clock, wall },
        (code, message) => session.end({ code, message }),
      );
      subscription = joined;
      session.onEnd(() => joined.stop());
      return await this.#answer('whep', offer, plan.media, peer, session);
    } catch (error) {
      throw this.#failed(error, session);
    }
  }

  /**
   * Answers a WHIP offer: the client publishes.
   * @throws WebRtcProblem
   */
  async publish(text: string, request: RequestDetails): Promise<Answered> {
    const offer = this.#readOffer(text);
    const plan = planPublisher(offer);
    const session = await this.#admit('publish', request);
    try {
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
      const peer = this.#createPeer(offer, session, {
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
      return await this.#answer('whip', offer, plan.media, peer, session);
    } catch (error) {
      throw this.#failed(error, session);
    }
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
    const resource = this.#find(kind, id, name);
    const credentials = this.#parse(() => readIceFragment(fragment));
    const isRestart = credentials !== undefined && credentials.ufrag !== resource.peer.remoteUfrag;
    if (tag !== undefined && tag !== '*' && tag !== tagOf(resource.peer)) {
      throw new WebRtcProblem(
        'stale_tag',
        'The entity tag is not the one of the ICE session of now.',
      );
    }
    if (!isRestart) return undefined;
    const before = resource.peer.ice.ufrag;
    resource.peer.restartIce(credentials.ufrag);
    this.#port.rename(resource.peer, before);
    const candidates = await this.#candidates();
    return {
      fragment: buildIceFragment(resource.peer.ice, resource.mid, candidates),
      tag: tagOf(resource.peer),
    };
  }

  /**
   * The client leaves.
   * @throws WebRtcProblem `no_session`
   */
  remove(kind: Resource['kind'], id: string, name: string): void {
    const { session } = this.#find(kind, id, name);
    session.end({ code: 'client_left', message: 'The client deleted the session.' });
  }

  #find(kind: Resource['kind'], id: string, name: string): Resource {
    const resource = this.#resources.get(id);
    if (resource === undefined || resource.kind !== kind || resource.name !== name) {
      throw new WebRtcProblem('no_session', 'There is no such session, or it has ended.');
    }
    return resource;
  }

  #parse<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof SdpError) throw new WebRtcProblem('bad_sdp', error.message);
      throw error;
    }
  }

  #readOffer(text: string): WebRtcOffer {
    if (this.#port.port === 0) {
      throw new WebRtcProblem('unavailable', 'WebRTC is switched off on this server.');
    }
    return this.#parse(() => readOffer(text));
  }

  async #admit(kind: SessionDetails['kind'], request: RequestDetails): Promise<Session> {
    const { registry } = this.#options;
    let release = (_reason: EndReason): void => {};
    const { session, decision } = await registry.open(
      { ...request, kind, protocol: 'webrtc', app: 'live', clientId: registry.nextClientId() },
      (reason) => release(reason),
    );
    if (!decision.admitted) {
      const { code, message } = decision.refusal;
      const known = {
        limit: 'full',
        shutdown: 'full',
        busy: 'busy',
        bad_name: 'bad_name',
      } as const;
      throw new WebRtcProblem(
        code in known ? known[code as keyof typeof known] : 'refused',
        message,
      );
    }
    release = (reason) => {
      const resource = [...this.#resources.values()].find((one) => one.session === session);
      resource?.peer.close(reason.code === 'shutdown' ? 'shutdown' : 'ended');
    };
    return session;
  }

  /** Ends a session that was admitted but could not be answered. */
  #failed(error: unknown, session: Session): Error {
    const message = error instanceof Error ? error.message : String(error);
    session.end({ code: 'failed', message });
    return error instanceof Error ? error : new Error(message);
  }

  /** Waits for a stream's first key frame, and, where configured, for its publisher. */
  async #liveStream(name: string, session: Session): Promise<Stream> {
    const { hub, settings } = this.#options;
    const { waitMs } = settings();
    const found = hub.find(name);
    const isPublished = found?.state === 'live' || found?.state === 'interrupted';
    if (!isPublished && waitMs === 0) {
      throw new WebRtcProblem('not_live', `Nobody publishes ${JSON.stringify(name)} now.`);
    }
    const { stream, release } = hub.hold(name);
    session.onEnd(release);
    if (stream.ready) return stream;
    const isReady = await new Promise<boolean>((resolve) => {
      const done = (ready: boolean): void => {
        unsubscribe();
        clearTimeout(timer);
        resolve(ready);
      };
      const timer = setTimeout(
        () => done(stream.state === 'live'),
        isPublished ? READY_MS : waitMs,
      );
      const unsubscribe = stream.subscribe({
        packet() {},
        flush: () => {
          if (stream.ready) done(true);
        },
      });
      session.onEnd(() => done(false));
    });
    if (isReady) return stream;
    throw new WebRtcProblem('not_live', `Nobody publishes ${JSON.stringify(name)} now.`);
  }

  /** The stream's outlet, made for its first viewer and closed after its last. */
  #outlet(stream: Stream): { outlet: StreamOutlet; release: () => void } {
    const { name } = stream;
    let entry = this.#outlets.get(name);
    if (entry === undefined || entry.outlet.stream !== stream) {
      const { ffmpeg, hub, log } = this.#options;
      const { release } = hub.hold(name);
      const outlet = new StreamOutlet(stream, {
        ffmpeg,
        budget: this.#budget,
        wall: this.#wall,
        warn: (message) => log.warn({ stream: name }, message),
      });
      entry = { outlet, release, users: 0 };
      this.#outlets.set(name, entry);
    }
    const used = entry;
    used.users++;
    return {
      outlet: used.outlet,
      release: () => {
        if (--used.users > 0) return;
        used.outlet.close();
        used.release();
        if (this.#outlets.get(name) === used) this.#outlets.delete(name);
      },
    };
  }

  #createPeer(offer: WebRtcOffer, session: Session, events: Omit<PeerEvents, 'onClosed'>): Peer {
    const peer: Peer = new Peer(
      {
        identity: this.#identity!,
        fingerprints: offer.fingerprints,
        remoteUfrag: offer.ice.ufrag,
        clock: this.#clock,
      },
      {
        ...events,
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
    const candidates = await this.#candidates();
    if (session.state === 'ended') {
      throw new WebRtcProblem('no_session', session.reason?.message ?? 'The session has ended.');
    }
    const id = randomBytes(16).toString('base64url');
    const mid = offer.media[0]!.mid;
    this.#resources.set(id, { id, kind, name: session.details.name, peer, session, mid });
    this.#port.add(peer);
    session.onEnd(() => {
      this.#resources.delete(id);
      peer.close('ended');
    });
    const sdp = buildAnswer({
      sessionId: String(randomInt(1, 2 ** 47)),
      ice: peer.ice,
      fingerprint: this.#identity!.fingerprint,
      candidates,
      media,
    });
    return { id, sdp, tag: tagOf(peer) };
  }

  async #candidates(): Promise<LocalCandidate[]> {
    const { port, hasTcp, hasIpv6 } = this.#port;
    return candidatesOf(await this.#known(), port, { tcp: hasTcp, ipv6: hasIpv6 });
  }

  /** Addresses are looked up once a minute at most, names may move. */
  #known(): Promise<KnownAddress[]> {
    const now = this.#clock();
    if (this.#addresses === undefined || now - this.#addresses.at > ADDRESSES_MS) {
      const { settings, log } = this.#options;
      const found = knownAddresses(settings().publicAddresses, this.#host, (name) =>
        log.warn(`webrtc_public_ip: the name ${name} does not resolve`),
      );
      this.#addresses = { at: now, found };
    }
    return this.#addresses.found;
  }
}

let prepared: Promise<DtlsIdentity> | undefined;

/** The process's certificate, with a first handshake done already. */
const preparedIdentity = (): Promise<DtlsIdentity> =>
  (prepared ??= createDtlsIdentity().then(async (identity) => {
    await rehearseHandshake(identity);
    return identity;
  }));

/** The entity tag of an ICE session (RFC 9725, 4.3.1). */
const tagOf = (peer: Peer): string => `"${peer.ice.ufrag}"`;
