import { randomBytes } from 'node:crypto';
import type { IceCredentials } from '../../protocols/sdp/offer.ts';
import { judgeBinding } from '../../protocols/stun/binding.ts';
import type { StunMessage } from '../../protocols/stun/message.ts';
import type { Path } from './path.ts';
import { PathProofs } from './path-proofs.ts';
import { SeenChecks } from './seen-checks.ts';
import { isTcpPath } from './tcp-port.ts';

/** Addresses that are known of one peer: its interfaces, over UDP and TCP, before it nominates. */
const MAX_PATHS = 16;
/** Questions that got lost are asked again this often, ms. */
const ASK_MS = 100;

/** Random characters that ICE allows (RFC 8839, 5.4: `ice-char`); base64url's - and _ are not. */
const iceText = (bytes: number): string =>
  randomBytes(bytes).toString('base64').replace(/[=]/g, '');

/** A fresh user fragment and password: 24 and more bits, 128 and more bits (RFC 8445, 5.3). */
export const createIceCredentials = (): IceCredentials => ({
  ufrag: iceText(9),
  password: iceText(24),
});

export interface IceEvents {
  /** Media has a way, or another one. */
  onMediaPath(): void;
  /** A path came to its end before the peer did. */
  onPathGone(path: Path): void;
  /** The connection in use broke. */
  onBroken(): void;
}

/**
 * The ICE-lite side of one peer (RFC 8445, 2.5): answers its connectivity checks, and chooses which of
 * the paths that they came by the handshake takes, and then media, if the peer has shown to hear us there.
 */
export class IceLite {
  readonly #clock: () => number;
  readonly #events: IceEvents;
  #local = createIceCredentials();
  #remote: IceCredentials;
  /** The one whose check is the oldest comes first. */
  readonly #paths = new Set<Path>();
  readonly #checks = new SeenChecks();
  readonly #proofs = new PathProofs();
  #isConnected = false;
  #hasNomination = false;
  /** Where the handshake goes, and then media, if it is proven. */
  #path: Path | undefined;
  /** Where media will go once that is proven. */
  #next: Path | undefined;
  #mediaPath: Path | undefined;
  #asking: NodeJS.Timeout | undefined;

  /** `remote`: the credentials in the offer; `clock`: monotonic ms. */
  constructor(remote: IceCredentials, clock: () => number, events: IceEvents) {
    this.#remote = remote;
    this.#clock = clock;
    this.#events = events;
  }

  /** Our credentials of now. */
  get local(): IceCredentials {
    return this.#local;
  }

  get remote(): IceCredentials {
    return this.#remote;
  }

  /** The way that was agreed on; undefined before the first connectivity check. */
  get path(): Path | undefined {
    return this.#path;
  }

  /** The way that media takes; undefined until the peer has shown that it receives there. */
  get mediaPath(): Path | undefined {
    return this.#mediaPath;
  }

  /** Starts over (RFC 8445, 9): new credentials; media goes on over the old path. */
  restart(remote: IceCredentials): void {
    this.#remote = remote;
    this.#proofs.restart();
    this.#local = createIceCredentials();
    this.#hasNomination = false;
  }

  /** Answers a connectivity check; true when it was authentic, and its address is the peer's. */
  onCheck(datagram: Buffer, message: StunMessage, path: Path): boolean {
    const verdict = judgeBinding(datagram, message, this.#local.password, path.remote);
    switch (verdict.kind) {
      case 'ignored':
        return false;
      case 'refused':
        path.send(verdict.response);
        return false;
      case 'accepted':
        // The same check from elsewhere is somebody's who overheard it.
        if (!this.#checks.note(message.transactionId) && !this.#paths.has(path)) return false;
        this.#keep(path);
        path.send(verdict.response);
        this.#ask(path);
        // The controlling side's newest nomination counts; before it, whatever works.
        if (verdict.nominated || !this.#hasNomination) this.#take(path);
        this.#hasNomination ||= verdict.nominated;
        return true;
    }
  }

  /** Takes what may be the answer to a check of ours; true when it is. */
  onCheckAnswer(datagram: Buffer, message: StunMessage, path: Path): boolean {
    if (!this.#proofs.answer(datagram, message, path, this.#remote)) return false;
    if (path === this.#path || path === this.#next) this.#take(path);
    return true;
  }

  /** A part of the handshake came by a path. */
  onHandshake(path: Path): void {
    if (!this.#hasNomination && !this.#isConnected) this.#path = path;
  }

  sendHandshake(datagram: Buffer): void {
    if (this.#path === undefined) return;
    this.#proofs.handshakeGoes(this.#path);
    this.#path.send(datagram);
  }

  /** The handshake is done, which proves a path if all of it went there. */
  handshakeDone(): void {
    this.#mediaPath ??= this.#proofs.handshakeDone();
    this.#take(this.#path);
  }

  /** Media flows: from now on only a path that is proven takes the place of the one in use. */
  connected(): void {
    this.#isConnected = true;
  }

  close(): void {
    clearInterval(this.#asking);
    for (const path of this.#paths) if (isTcpPath(path)) path.destroy();
    this.#paths.clear();
  }

  /** Asks whether the peer hears us there, until it has said so. */
  #ask(path: Path): void {
    const question = this.#proofs.question(path, this.#local, this.#remote, this.#clock());
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
    if (isProven || !this.#isConnected) {
      this.#path = path;
      this.#next = undefined;
    } else this.#next = path;
    if (isProven) {
      this.#mediaPath = path;
      this.#events.onMediaPath();
    } else this.#asking ??= setInterval(() => this.#askAgain(), ASK_MS).unref();
  }

  /** Notes that a check came over a path. Of too many the one that was silent longest is given up. */
  #keep(path: Path): void {
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
    this.#events.onPathGone(path);
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
      this.#hasNomination = false;
      this.#take(this.#mediaPath ?? proven.at(-1));
    }
    if (isInUse) this.#events.onBroken();
  }
}
