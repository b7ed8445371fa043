import type { Socket } from 'node:net';
import { handleOf } from '../tcp-handle.ts';
import { LoadGauge } from './load-gauge.ts';

/** How often a resting socket is read, ms: the most that gathering delays a stream nobody watches. */
const CYCLE_MS = 100;
/** Sockets are woken in so many groups in turn, so that their work is spread over the cycle. */
const GROUPS = 10;
/** A stream that is watched rests for so many turns of those at most, when the process is busy. */
const MOST_TURNS = 8;
/** With fewer publishers than this, streams that nobody watches are read as data comes, too. */
const FEW_PUBLISHERS = 32;
/**
 * The share of its time that a process may be busy before watched streams rest. With many publishers
 * reads are much of the work, and gathering them pays early; with few it only delays.
 */
const BUSY_WITH_FEW = 0.85;
const BUSY_WITH_MANY = 0.65;
/** What one read takes at most, bytes: a read this long has more behind it. */
const FULL_READ = 65_536;

/**
 * Reads publishers' sockets in gathered turns. One read of ten messages, and one write of them to each
 * viewer, cost little more than those of a single message. So with many publishers a socket that
 * nobody waits for rests after each read, and is read again within `CYCLE_MS`; and when the process is
 * short of time, those of watched streams rest too, for up to 80 ms. Meanwhile bytes wait in the kernel.
 */
export class ReadGatherer {
  #publishers: () => number;
  #load: Pick<LoadGauge, 'level'>;
  #groups: Set<Socket>[] = Array.from({ length: GROUPS }, () => new Set());
  #next = 0;
  #resting = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `publishers`: how many there are now, whatever they speak. */
  constructor(
    publishers: () => number,
    load: Pick<LoadGauge, 'level'> = new LoadGauge(MOST_TURNS),
  ) {
    this.#publishers = publishers;
    this.#load = load;
  }

  /** Lets a publisher's socket rest after a read of `bytes`, where that pays. */
  rest(socket: Socket, bytes: number, watched: boolean): void {
    const turns = this.#turns(watched);
    if (turns === 0 || bytes >= FULL_READ) return;
    readStop(socket);
    // The group that is woken next is the first.
    this.#groups[(this.#next + turns - 1) % GROUPS]!.add(socket);
    this.#resting++;
    this.#timer ??= setInterval(() => this.#wakeNext(), CYCLE_MS / GROUPS);
  }

  #turns(watched: boolean): number {
    const many = this.#publishers() >= FEW_PUBLISHERS;
    if (watched) return this.#load.level(many ? BUSY_WITH_MANY : BUSY_WITH_FEW);
    return many ? GROUPS : 0;
  }

  /** Reads a socket again at once: somebody waits for it now, or it ends. */
  wake(socket: Socket): void {
    for (const group of this.#groups) {
      if (!group.delete(socket)) continue;
      this.#resting--;
      readStart(socket);
    }
  }

  #wakeNext(): void {
    const group = this.#groups[this.#next]!;
    this.#next = (this.#next + 1) % GROUPS;
    this.#resting -= group.size;
    for (const socket of group) readStart(socket);
    group.clear();
    if (this.#resting === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }
}

// `pause()` stops the events, but Node.js reads on in many small reads until 64 KiB lie in memory.
// Only the handle below can leave the bytes in the kernel.

function readStop(socket: Socket): void {
  handleOf(socket)?.readStop();
}

function readStart(socket: Socket): void {
  handleOf(socket)?.readStart();
}
