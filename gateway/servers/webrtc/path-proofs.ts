/**
 * Proof that a peer hears us where it claims to be. A check tells only that its sender knows the
 * session's password; its source address may be forged, and media sent there would hit somebody who
 * never asked for it. So a check of our own is sent there, whose answer needs the transaction's random
 * number (RFC 8445, 2.5 lets a lite agent be without; RFC 7675 has full ones ask for this consent).
 */
import { randomBytes } from 'node:crypto';
import type { IceCredentials } from '../../protocols/sdp/offer.ts';
import type { StunMessage } from '../../protocols/stun/message.ts';
import { buildStun, integrityMatches, stunTypes } from '../../protocols/stun/message.ts';
import type { Path } from './path.ts';
import { isTcpPath } from './tcp-port.ts';

/** Time between requests to one path, ms: at first, and when so many went unanswered. */
const INTERVAL_MS = 100;
const QUICK_REQUESTS = 10;
/** … for whoever forges checks gains nothing by a request a second, and networks come back. */
const SLOW_INTERVAL_MS = 1_000;
/** Of a peer-reflexive candidate with nothing to choose from (RFC 8445, 5.1.2.1). */
const PRIORITY = 0x6e0000ff;

interface Question {
  readonly transactionId: Buffer;
  asked: number;
  askedAt: number;
}

export class PathProofs {
  readonly #proven = new Set<Path>();
  readonly #questions = new Map<Path, Question>();
  #handshake: Path | 'several' | undefined;

  /** Whether the peer has shown to receive what is sent there. A TCP connection shows that by itself. */
  isProven(path: Path): boolean {
    return isTcpPath(path) || this.#proven.has(path);
  }

  /** The request that goes to a path which is not proven; undefined when it is not time for one. */
  question(
    path: Path,
    local: IceCredentials,
    remote: IceCredentials,
    now: number,
  ): Buffer | undefined {
    if (this.isProven(path)) return undefined;
    let question = this.#questions.get(path);
    if (question === undefined) {
      question = { transactionId: randomBytes(12), asked: 0, askedAt: -Infinity };
      this.#questions.set(path, question);
    }
    const interval = question.asked < QUICK_REQUESTS ? INTERVAL_MS : SLOW_INTERVAL_MS;
    if (now - question.askedAt < interval) return undefined;
    question.asked++;
    question.askedAt = now;
    return buildStun({
      type: stunTypes.bindingRequest,
      transactionId: question.transactionId,
      username: `${remote.ufrag}:${local.ufrag}`,
      priority: PRIORITY,
      controlled: 1n,
      password: remote.password,
    });
  }

  /** Takes what may be an answer; true when it proves the path. */
  answer(datagram: Buffer, message: StunMessage, path: Path, remote: IceCredentials): boolean {
    const question = this.#questions.get(path);
    if (question === undefined || message.type !== stunTypes.bindingSuccess) return false;
    if (!message.transactionId.equals(question.transactionId)) return false;
    if (!integrityMatches(datagram, message, remote.password)) return false;
    this.#questions.delete(path);
    this.#proven.add(path);
    return true;
  }

  /** A part of the DTLS handshake goes there. */
  handshakeGoes(path: Path): void {
    this.#handshake ??= path;
    if (this.#handshake !== path) this.#handshake = 'several';
  }

  /** The handshake is done: whoever did it received all that went to one path, which is answered. */
  handshakeDone(): Path | undefined {
    if (this.#handshake === 'several' || this.#handshake === undefined) return undefined;
    this.#proven.add(this.#handshake);
    return this.#handshake;
  }

  /** A path is given up. */
  forget(path: Path): void {
    this.#proven.delete(path);
    this.#questions.delete(path);
    if (this.#handshake === path) this.#handshake = 'several';
  }

  /** ICE starts over: what was asked is void. */
  restart(): void {
    this.#questions.clear();
  }
}
