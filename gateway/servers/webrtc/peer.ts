import { isRtcp, rtpHeaderLength } from '../../protocols/rtp/header.ts';
import type { Fingerprint, IceCredentials } from '../../protocols/sdp/offer.ts';
import { SrtpReceiver, SrtpSender } from '../../protocols/srtp/session.ts';
import type { StunMessage } from '../../protocols/stun/message.ts';
import { DtlsEndpoint } from './dtls-endpoint.ts';
import type { DtlsIdentity } from './dtls-identity.ts';
import { IceLite } from './ice-lite.ts';
import type { Path } from './path.ts';

/** Silence after which a peer counts as gone (RFC 7675 allows 30 s), ms. */
const CONSENT_MS = 14_000;
/** Time that a peer has to come by another way when its TCP connection broke, ms. */
const RETURN_MS = 3_000;
/** Time from the answer until media must flow, ms. */
const CONNECT_MS = 20_000;

/**
 * - `connecting`: the answer is out; ICE and DTLS go on;
 * - `connected`: keys are there, and a way for media: it flows;
 * - `closed`: over.
 */
export type PeerState = 'connecting' | 'connected' | 'closed';

/** Why a peer was closed. */
export type PeerEnd =
  /** It said so. */
  | 'left'
  /** It fell silent, or its connection broke. */
  | 'lost'
  /** ICE or DTLS did not come about. */
  | 'failed'
  /** We ended it. */
  | 'ended'
  | 'shutdown';

export interface PeerEvents {
  /** Keys are there and a path is proven, or media of the peer's is there already. */
  onConnected(): void;
  /** A path came to its end before the peer did. */
  onPathGone?(path: Path): void;
  /** A protected RTP packet was opened; `packet` still has the header in clear. */
  onRtp?(packet: Buffer, headerLength: number, payload: Buffer): void;
  onRtcp(compound: Buffer): void;
  /** Comes once. `message` is a sentence. */
  onClosed(end: PeerEnd, message: string): void;
}

export interface PeerOptions {
  readonly identity: DtlsIdentity;
  readonly fingerprints: readonly Fingerprint[];
  /** The credentials in the offer: another user fragment later is an ICE restart. */
  readonly remoteIce: IceCredentials;
  readonly clock: () => number;
}

/** One WebRTC transport: ICE-lite, DTLS and SRTP with one browser (or encoder). */
export class Peer {
  readonly #clock: () => number;
  readonly #events: PeerEvents;
  readonly #ice: IceLite;
  readonly #dtls: DtlsEndpoint;
  #state: PeerState = 'connecting';
  readonly #since: number;
  #lastSeen: number;
  /** When the connection in use broke, until something comes by another. */
  #brokeAt: number | undefined;
  #sender: SrtpSender | undefined;
  #receiver: SrtpReceiver | undefined;

  constructor(options: PeerOptions, events: PeerEvents) {
    this.#clock = options.clock;
    this.#events = events;
    this.#since = options.clock();
    this.#lastSeen = this.#since;
    this.#ice = new IceLite(options.remoteIce, options.clock, {
      onMediaPath: () => this.#begin(),
      onPathGone: (path) => events.onPathGone?.(path),
      // Whether anybody is there is told by what comes from now on.
      onBroken: () => (this.#brokeAt = this.#clock()),
    });
    this.#dtls = new DtlsEndpoint(
      options.identity,
      options.fingerprints,
      (datagram) => this.#ice.sendHandshake(datagram),
      {
        onKeys: (profile, local, remote) => {
          if (this.#state !== 'connecting') return;
          this.#sender = new SrtpSender(profile, local);
          this.#receiver = new SrtpReceiver(profile, remote);
          this.#ice.handshakeDone();
          if (this.mediaPath !== undefined) this.#begin();
        },
        onClosed: () => this.close('left'),
        onFailed: (message) => this.close('failed', message),
      },
    );
  }

  get state(): PeerState {
    return this.#state;
  }

  /** Our credentials of now. */
  get ice(): IceCredentials {
    return this.#ice.local;
  }

  get remoteUfrag(): string {
    return this.#ice.remote.ufrag;
  }

  /** The way that was agreed on; undefined before the first connectivity check. */
  get path(): Path | undefined {
    return this.#ice.path;
  }

  /** The way that media takes; undefined until the peer has shown that it receives there. */
  get mediaPath(): Path | undefined {
    return this.#ice.mediaPath;
  }

  /** Protects what we send; undefined before keys are there. */
  get sender(): SrtpSender | undefined {
    return this.#sender;
  }

  /** Begins an ICE restart (RFC 8445, 9): new credentials; media goes on over the old path. */
  restartIce(remote: IceCredentials): void {
    this.#ice.restart(remote);
  }

  /** Answers a connectivity check; true when it was authentic, and its address is the peer's. */
  onCheck(datagram: Buffer, message: StunMessage, path: Path): boolean {
    if (this.#state === 'closed') return false;
    if (!this.#ice.onCheck(datagram, message, path)) return false;
    this.#noteAlive();
    return true;
  }

  /** Takes the answer to a check of ours, which came over a path that is known. */
  onCheckAnswer(datagram: Buffer, message: StunMessage, path: Path): void {
    if (this.#state === 'closed') return;
    if (this.#ice.onCheckAnswer(datagram, message, path)) this.#noteAlive();
  }

  onDtls(datagram: Buffer, path: Path): void {
    if (this.#state === 'closed') return;
    this.#ice.onHandshake(path);
    this.#dtls.receive(datagram);
  }

  onSrtp(packet: Buffer): void {
    const receiver = this.#receiver;
    if (receiver === undefined || this.#state === 'closed') return;
    if (isRtcp(packet)) {
      const compound = receiver.unprotectRtcp(packet);
      if (compound === undefined) return;
      this.#noteAlive();
      if (this.#state === 'connected') this.#events.onRtcp(compound);
      return;
    }
    if (this.#events.onRtp === undefined) return;
    const headerLength = rtpHeaderLength(packet);
    if (headerLength === 0) return;
    const payload = receiver.unprotectRtp(packet, headerLength);
    if (payload === undefined) return;
    this.#noteAlive();
    // What a publisher sends is taken, wherever our feedback may go.
    this.#brokeAt = undefined;
    this.#begin();
    this.#events.onRtp(packet, headerLength, payload);
  }

  /** Sends a compound RTCP packet. */
  sendRtcp(compound: Buffer): void {
    if (this.#state !== 'connected') return;
    this.mediaPath?.send(this.#sender!.protectRtcp(compound));
  }

  /** Ends the peer when it did not connect in time, fell silent, or broke off without a word. */
  checkConsent(now: number): void {
    if (this.#state === 'connecting' && now - this.#since > CONNECT_MS) this.close('failed');
    else if (this.#state === 'connected' && now - this.#lastSeen > CONSENT_MS) this.close('lost');
    else if (this.#brokeAt !== undefined && now - this.#brokeAt > RETURN_MS) {
      const within = `${RETURN_MS / 1000} s`;
      this.close('lost', `The client’s connection broke and no other came within ${within}.`);
    }
  }

  /** Ends the peer; only the first call counts. `message` says more than `end` does. */
  close(end: PeerEnd, message = this.#sentence(end)): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#dtls.close();
    this.#ice.close();
    this.#events.onClosed(end, message);
  }

  /** Media may flow. */
  #begin(): void {
    if (this.#state !== 'connecting' || this.#sender === undefined) return;
    this.#state = 'connected';
    this.#ice.connected();
    this.#events.onConnected();
  }

  /** Something authentic came. A peer that moves is back when media has a way again. */
  #noteAlive(): void {
    this.#lastSeen = this.#clock();
    if (this.mediaPath !== undefined || this.#state === 'connecting') this.#brokeAt = undefined;
  }

  #sentence(end: PeerEnd): string {
    switch (end) {
      case 'left':
        return 'The client closed the connection.';
      case 'lost':
        return `Nothing came from the client for ${CONSENT_MS / 1000} s.`;
      case 'failed':
        if (this.path === undefined) {
          return 'No connectivity check arrived: the client cannot reach the addresses in the answer.';
        }
        return this.#sender === undefined
          ? `The DTLS handshake was not done within ${CONNECT_MS / 1000} s.`
          : 'The client answered no check of the server: nothing shows that media would reach it.';
      case 'shutdown':
        return 'The server is stopping.';
      case 'ended':
        return this.#state === 'connected'
          ? 'The server ended the session.'
          : 'The session ended before it connected.';
    }
  }
}
