/**
 * The RTMP handshake, RTMP 1.0 section 5.2, from both ends, plain and with digest:
 *
 *     client   C0 C1 ──────────▶          C2 ──────────▶
 *     server          ◀────────── S0 S1 S2
 */
import {
  clientKey,
  findDigest,
  HANDSHAKE_BYTES,
  serverKey,
  sign,
  signAnswer,
} from './handshake-digest.ts';
import { RtmpError } from './errors.ts';

/** RTMP version in C0 and S0. */
const VERSION = 3;
/** C0 of RTMPE and its relatives. */
const encryptedVersions = [6, 8, 9];
/** What we call ourselves in bytes 4–7: versions of FMS and Flash Player that speak H.264. */
const serverVersion = [5, 0, 3, 1] as const;
const clientVersion = [9, 0, 124, 2] as const;

export type RandomBytes = (count: number) => Buffer;
/** Milliseconds from any epoch; only the low 32 bits are sent. */
export type Milliseconds = () => number;

export interface HandshakeStep {
  /** To be sent to the peer now. */
  send?: Buffer;
  done: boolean;
  /** With `done`: what was behind the handshake, the beginning of the chunk stream; not copied. */
  rest?: Buffer;
}

function checkVersion(version: number, wanted: string): void {
  if (version === VERSION) return;
  if (encryptedVersions.includes(version)) {
    throw new RtmpError(
      'RTMP_HANDSHAKE_ENCRYPTED',
      `${wanted} is ${version}, encrypted RTMP (RTMPE); only plain RTMP, version ${VERSION}, is spoken here.`,
    );
  }
  throw new RtmpError(
    'RTMP_HANDSHAKE_VERSION',
    `${wanted} is ${version}; expected RTMP version ${VERSION}.`,
  );
}

/** A C1 or S1: time, version (zero: plain), random bytes. */
function challenge(random: RandomBytes, now: Milliseconds, version: readonly number[]): Buffer {
  const packet = random(HANDSHAKE_BYTES);
  packet.writeUInt32BE(now() >>> 0, 0);
  version.forEach((byte, i) => packet.writeUInt8(byte, 4 + i));
  return packet;
}

/** The plain answer, C2 or S2: what the other side sent, with the time of reading it. */
function echo(received: Buffer, now: Milliseconds): Buffer {
  const answer = Buffer.from(received);
  answer.writeUInt32BE(now() >>> 0, 4);
  return answer;
}

/**
 * What both ends do with what comes in: a version byte, 1536 bytes to answer, 1536 bytes that are
 * their answer to ours. That answer is waited for, not verified: old encoders send anything there.
 */
class Exchange {
  readonly #peer: string;
  readonly #answer: (packet: Buffer) => Buffer;
  readonly #packet = Buffer.allocUnsafe(HANDSHAKE_BYTES);
  #state: 'version' | 'packet' | 'answer' | 'done' = 'version';
  /** Bytes of the current packet or answer that have come. */
  #received = 0;

  constructor(peer: string, answer: (packet: Buffer) => Buffer) {
    this.#peer = peer;
    this.#answer = answer;
  }

  push(data: Buffer): HandshakeStep {
    let at = 0;
    let send: Buffer | undefined;
    if (this.#state === 'version' && at < data.length) {
      checkVersion(data.readUInt8(at), `The ${this.#peer}'s first byte`);
      at += 1;
      this.#state = 'packet';
    }
    if (this.#state === 'packet') {
      const taken = data.copy(this.#packet, this.#received, at);
      at += taken;
      this.#received += taken;
      if (this.#received === HANDSHAKE_BYTES) {
        send = this.#answer(this.#packet);
        this.#received = 0;
        this.#state = 'answer';
      }
    }
    if (this.#state === 'answer') {
      const taken = Math.min(HANDSHAKE_BYTES - this.#received, data.length - at);
      at += taken;
      this.#received += taken;
      if (this.#received === HANDSHAKE_BYTES) this.#state = 'done';
    }
    if (this.#state !== 'done') return { send, done: false };
    return { send, done: true, rest: data.subarray(at) };
  }
}

/** The server's end: answers in the way in which the client began, plain or with digest. */
export class ServerHandshake {
  readonly #random: RandomBytes;
  readonly #now: Milliseconds;
  readonly #exchange = new Exchange('client', (c1) => this.#answer(c1));
  #kind: 'plain' | 'digest' = 'plain';

  constructor(random: RandomBytes, now: Milliseconds = () => 0) {
    this.#random = random;
    this.#now = now;
  }

  /** Which handshake the client began; known once there is something to send. */
  get kind(): 'plain' | 'digest' {
    return this.#kind;
  }

  /** Takes the next bytes of the client. Throws `RtmpError` when it does not speak plain RTMP. */
  push(data: Buffer): HandshakeStep {
    return this.#exchange.push(data);
  }

  /** S0, S1 and S2 in one. */
  #answer(c1: Buffer): Buffer {
    const s0 = Buffer.of(VERSION);
    const found = findDigest(c1, clientKey);
    if (found === undefined) {
      const s1 = challenge(this.#random, this.#now, [0, 0, 0, 0]);
      return Buffer.concat([s0, s1, echo(c1, this.#now)]);
    }
    this.#kind = 'digest';
    const s1 = challenge(this.#random, this.#now, serverVersion);
    sign(s1, found.schema, serverKey);
    const s2 = this.#random(HANDSHAKE_BYTES);
    signAnswer(s2, found.digest, serverKey);
    return Buffer.concat([s0, s1, s2]);
  }
}

/** The client's end: begins with a digest, and takes a plain answer too. */
export class ClientHandshake {
  readonly #random: RandomBytes;
  readonly #now: Milliseconds;
  readonly #exchange = new Exchange('server', (s1) => this.#answer(s1));

  constructor(random: RandomBytes, now: Milliseconds = () => 0) {
    this.#random = random;
    this.#now = now;
  }

  /** C0 and C1, the first bytes to send. */
  start(): Buffer {
    const c1 = challenge(this.#random, this.#now, clientVersion);
    sign(c1, 0, clientKey);
    return Buffer.concat([Buffer.of(VERSION), c1]);
  }

  /** Takes the next bytes of the server. Throws `RtmpError` when it does not speak plain RTMP. */
  push(data: Buffer): HandshakeStep {
    return this.#exchange.push(data);
  }

  /** C2. */
  #answer(s1: Buffer): Buffer {
    const found = findDigest(s1, serverKey);
    if (found === undefined) return echo(s1, this.#now);
    const c2 = this.#random(HANDSHAKE_BYTES);
    signAnswer(c2, found.digest, clientKey);
    return c2;
  }
}
