import { randomInt } from 'node:crypto';
import { buildAnswer, buildIceFragment } from '../../protocols/sdp/answer.ts';
import type { WebRtcOffer } from '../../protocols/sdp/offer.ts';
import { readIceFragment } from '../../protocols/sdp/offer.ts';
import type { EndReason, Session } from '../../sessions/session.ts';
import type { Addresses } from './addresses.ts';
import type { MediaPort } from './media-port.ts';
import type { PeerMaker } from './peer-maker.ts';
import type { Peer, PeerEnd, PeerEvents } from './peer.ts';
import { readSdp, WebRtcProblem } from './problem.ts';
import type { Resource } from './resources.ts';
import { Resources, tagOf } from './resources.ts';

/** What WHEP and WHIP answer to an offer. */
export interface Answered {
  /** Names the session's resource; nobody can guess it. */
  readonly id: string;
  readonly sdp: string;
  readonly tag: string;
}

export interface ConnectionsOptions {
  readonly port: MediaPort;
  readonly addresses: Addresses;
  /** Monotonic ms. */
  readonly clock: () => number;
}

const endReasons: Readonly<Record<PeerEnd, EndReason['code']>> = {
  left: 'client_left',
  lost: 'connection_lost',
  failed: 'failed',
  ended: 'dropped',
  shutdown: 'shutdown',
};

/** The sessions' peers on the media port, and the resources by which clients name them. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #resources = new Resources();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** Sessions that were answered. */
  get sessions(): Session[] {
    return this.#resources.sessions;
  }

  /** Makes the peer of a session, which ends with it. */
  create(
    peers: PeerMaker,
    offer: WebRtcOffer,
    session: Session,
    events: Omit<PeerEvents, 'onPathGone' | 'onClosed'>,
  ): Peer {
    const { port, clock } = this.#options;
    const peer: Peer = peers.create(
      { fingerprints: offer.fingerprints, remoteIce: offer.ice, clock },
      {
        ...events,
        onPathGone: (path) => port.forget(peer, path),
        onClosed: (end, message) => {
          port.remove(peer);
          session.end({ code: endReasons[end], message });
        },
      },
    );
    return peer;
  }

  /**
   * Answers a session's offer: from now on the peer is reached at the media port.
   * @throws WebRtcProblem `no_session` when it ended meanwhile
   */
  async answer(
    kind: Resource['kind'],
    peers: PeerMaker,
    offer: WebRtcOffer,
    media: Parameters<typeof buildAnswer>[0]['media'],
    peer: Peer,
    session: Session,
  ): Promise<Answered> {
    const { port, addresses } = this.#options;
    const candidates = await addresses.candidates();
    if (session.state === 'ended') {
      throw new WebRtcProblem('no_session', session.reason?.message ?? 'The session has ended.');
    }
    const { name } = session.details;
    const id = this.#resources.add({ kind, name, peer, session, mid: offer.media[0]!.mid });
    port.add(peer);
    // The last to hear of the end: what goes before still has a connection to say goodbye over.
    session.onEnd(({ code }) => peer.close(code === 'shutdown' ? 'shutdown' : 'ended'));
    const sdp = buildAnswer({
      sessionId: String(randomInt(1, 2 ** 47)),
      ice: peer.ice,
      fingerprint: peers.fingerprint,
      candidates,
      media,
    });
    return { id, sdp, tag: tagOf(peer) };
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
    const { port, addresses } = this.#options;
    const credentials = readSdp(() => readIceFragment(fragment));
    // Asked for first: the session may end meanwhile.
    const candidates = await addresses.candidates();
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
    port.rename(peer, before);
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
}
