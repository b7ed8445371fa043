import { randomBytes } from 'node:crypto';
import { isRtcp, rtpHeaderLength } from '../../protocols/rtp/header.ts';
import type { Fingerprint, IceCredentials } from '../../protocols/sdp/offer.ts';
import { SrtpReceiver, SrtpSender } from '../../protocols/srtp/session.ts';
import { judgeBinding } from '../../protocols/stun/binding.ts';
import type { StunMessage } from '../../protocols/stun/message.ts';
import type { DtlsIdentity } from './dtls-endpoint.ts';
import { DtlsEndpoint } from './dtls-endpoint.ts';
import type { Path } from './path.ts';
import { PathProofs } from './path-proofs.ts';
import { SeenChecks } from './seen-checks.ts';
import { isTcpPath } from './tcp-port.ts';

/** Silence after which a peer counts as gone (RFC 7675 allows 30 s), ms. */
const CONSENT_MS = 14_000;
/** Time that a peer has to come by another way when its TCP connection broke, ms. */
const RETURN_MS = 3_000;
/** Time from the answer until media must flow, ms. */
const CONNECT_MS = 20_000;
/** Addresses that are known of one peer: its interfaces, over UDP and TCP, before it nominates. */
const MAX_PATHS = 16;

/** Questions that got lost are asked again this often, ms. */
const ASK_MS = 100;

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

/** Random characters that ICE allows (RFC 8839, 5.4: `ice-char`); base64url's - and _ are not. */
const iceText = (bytes: number): string =>
  randomBytes(bytes).toString('base64').replace(/[=]/g, '');

/** A fresh user fragment and password: 24 and more bits, 128 and more bits (RFC 8445, 5.3). */
export const createIceCredentials = (): IceCredentials => ({
  ufrag: iceText(9),
  password: iceText(24),
});

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
  readonly #dtls: DtlsEndpoint;
  #ice = createIceCredentials();
  #remoteIce: IceCredentials;
  #state: PeerState = 'connecting';
  /** Where the handshake goes, and then media, if it is proven. */
  #path: Path | undefined;
  /** Where media will go once that is proven. */
  #next: Path | undefined;
  #mediaPath: Path | undefined;
  readonly #proofs = new PathProofs();
  #nominated = false;
  /** The one whose check is the oldest comes first. */
  readonly #paths = new Set<Path>();
  #asking: NodeJS.Timeout | undefined;
  readonly #checks = new SeenChecks();
  readonly #since: number;
  #lastSeen: number;
  /** When the connection in use broke, until something comes by another. */
  #brokeAt: number | undefined;
  #sender: SrtpSender | undefined;
  #receiver: SrtpReceiver | undefined;

  constructor(options: PeerOptions, events: PeerEvents) {
    this.#clock = options.clock;
    this.#remoteIce = options.remoteIce;
    this.#events = events;
    this.#since = options.clock();
    this.#lastSeen = this.#since;
    this.#dtls = new DtlsEndpoint(
      options.identity,
      options.fingerprints,
      (datagram) => this.#sendHandshake(datagram),
      {
        onKeys: (profile, local, remote) => {
          if (this.#state !== 'connecting') return;
          this.#sender = new SrtpSender(profile, local);
          this.#receiver = new SrtpReceiver(profile, remote);
          this.#mediaPath ??= this.#proofs.handshakeDone();
          this.#take(this.#path);
          if (this.#mediaPath !== undefined) this.#begin();
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
    return this.#ice;
  }

  get remoteUfrag(): string {
    return this.#remoteIce.ufrag;
  }

  /** The way that was agreed on; undefined before the first connectivity check. */
  get path(): Path | undefined {
    return this.#path;
  }

  /** The way that media takes; undefined until the peer has shown that it receives there. */
  get mediaPath(): Path | undefined {
    return this.#mediaPath;
  }

  /** Protects what we send; undefined before keys are there. */
  get sender(): SrtpSender | undefined {
    return this.#sender;
  }

  /** Begins an ICE restart (RFC 8445, 9): new credentials; media goes on over the old path. */
  restartIce(remote: IceCredentials): void {
    this.#remoteIce = remote;
    this.#proofs.restart();
    this.#ice = createIceCredentials();
    this.#nominated = false;
  }

  /** Answers a connectivity check; true when it was authentic, and its address is the peer's. */
  onCheck(datagram: Buffer, message: StunMessage, path: Path): boolean {
    if (this.#state === 'closed') return false;
    const verdict = judgeBinding(datagram, message, this.#ice.password, path.remote);
    switch (verdict.kind) {
      case 'ignored':
        return false;
      case 'refused':
        path.send(verdict.response);
        return false;
      case 'accepted':
        // The same check from elsewhere is somebody's who overheard it.
        if (!this.#checks.note(message.transactionId) && !this.#paths.has(path)) return false;
        this.#keepPath(path);
        path.send(verdict.response);
        this.#ask(path);
        // The controlling side's newest nomination counts; before it, whatever works.
        if (verdict.nominated || !this.#nominated) this.#take(path);
        this.#nominated ||= verdict.nominated;
        this.#noteAlive();
        return true;
    }
  }

  /** Takes the answer to a check of ours, which came over a path that is known. */
  onCheckAnswer(datagram: Buffer, message: StunMessage, path: Path): void {
    if (this.#state === 'closed') return;
    if (!this.#proofs.answer(datagram, message, path, this.#remoteIce)) return;
    if (path === this.#path || path === this.#next) this.#take(path);
    this.#noteAlive();
  }

  onDtls(datagram: Buffer, path: Path): void {
    if (this.#state === 'closed') return;
    if (!this.#nominated && this.#state === 'connecting') this.#path = path;
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
    this.#mediaPath?.send(this.#sender!.protectRtcp(compound));
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
    clearInterval(this.#asking);
    this.#dtls.close();
    for (const path of this.#paths) if (isTcpPath(path)) path.destroy();
    this.#paths.clear();
    this.#events.onClosed(end, message);
  }

  #sendHandshake(datagram: Buffer): void {
    if (this.#path === undefined) return;
    this.#proofs.handshakeGoes(this.#path);
    this.#path.send(datagram);
  }

  /** Media may flow. */
  #begin(): void {
    if (this.#state !== 'connecting' || this.#sender === undefined) return;
    this.#state = 'connected';
    this.#events.onConnected();
  }

  /** Something authentic came. A peer that moves is back when media has a way again. */
  #noteAlive(): void {
    this.#lastSeen = this.#clock();
    if (this.#mediaPath !== undefined || this.#state === 'connecting') this.#brokeAt = undefined;
  }

  /** Asks whether the peer hears us there, until it has said so. */
  #ask(path: Path): void {
    const question = this.#proofs.question(path, this.#ice, this.#remoteIce, this.#clock());
    if (question !== undefined) path.send(question);
  }

  /** Asks again where media is to go: the question or its answer got lost. */
  #askAgain(): void {
    const wanted = this.#next ?? this.#path;
    if (wanted !== undefined && !this.#proofs.isProven(wanted)) this.#ask(wanted);
    else {
      clearInterval(this.#asking);
      this.#asking = undefined;
    }
  }

  /** Goes over to a path: the handshake at once, media when the path is proven. */
  #take(path: Path | undefined): void {
    if (path === undefined) return;
    const isProven = this.#proofs.isProven(path);
    if (isProven || this.#state === 'connecting') {
      this.#path = path;
      this.#next = undefined;
    } else this.#next = path;
    if (isProven) {
      this.#mediaPath = path;
      this.#begin();
    } else this.#asking ??= setInterval(() => this.#askAgain(), ASK_MS).unref();
  }

  /** Notes that a check came over a path. Of too many the one that was silent longest is given up. */
  #keepPath(path: Path): void {
    if (this.#paths.delete(path)) {
      this.#paths.add(path);
      return;
    }
    if (this.#paths.size >= MAX_PATHS) {
      const inUse = [this.#path, this.#next, this.#mediaPath];
      const oldest = [...this.#paths].find((one) => !inUse.includes(one))!;
      this.#giveUp(oldest);
      if (isTcpPath(oldest)) oldest.destroy();
    }
    this.#paths.add(path);
    if (isTcpPath(path)) path.claim(() => this.#onBroken(path));
  }

  #giveUp(path: Path): void {
    this.#paths.delete(path);
    this.#proofs.forget(path);
    this.#events.onPathGone?.(path);
  }

  /** A connection broke: a nomination is void with it, and what is known to work is taken. */
  #onBroken(path: Path): void {
    if (!this.#paths.has(path)) return;
    const isWanted = path === (this.#next ?? this.#path);
    const isInUse = path === this.#path || path === this.#mediaPath;
    this.#giveUp(path);
    if (this.#next === path) this.#next = undefined;
    if (this.#path === path) this.#path = undefined;
    if (this.#mediaPath === path) this.#mediaPath = undefined;
    if (isWanted) {
      const proven = [...this.#paths].filter((one) => this.#proofs.isProven(one));
      this.#nominated = false;
      this.#take(this.#mediaPath ?? proven.at(-1));
    }
    // Whether anybody is there is told by what comes from now on.
    if (isInUse) this.#brokeAt = this.#clock();
  }

  #sentence(end: PeerEnd): string {
    switch (end) {
      case 'left':
        return 'The client closed the connection.';
      case 'lost':
        return `Nothing came from the client for ${CONSENT_MS / 1000} s.`;
      case 'failed':
        if (this.#path === undefined) {
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
