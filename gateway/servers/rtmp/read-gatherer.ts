import type { Socket } from 'node:net';
import { handleOf } from '../tcp-handle.ts';

/** How often a resting socket is read, ms: the most that gathering delays a stream nobody watches. */
const CYCLE_MS = 100;
/** Sockets are woken in so many groups in turn, so that their work is spread over the cycle. */
const GROUPS = 10;
/** With fewer connections than this, every socket is read as data comes. */
const FEW_CONNECTIONS = 32;
/** What one read takes at most, bytes: a read this long has more behind it. */
const FULL_READ = 65_536;

/**
 * Reads sockets in gathered turns. One read of ten messages costs little more than one of a single
 * message, so with many publishers it pays to let a socket that nobody waits for rest after each
 * read, and to read it again within `CYCLE_MS`. Meanwhile its bytes wait in the kernel.
 */
export class ReadGatherer {
  #connections: () => number;
  #groups: Set<Socket>[] = Array.from({ length: GROUPS }, () => new Set());
  #next = 0;
  #resting = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `connections`: how many there are now. */
  constructor(connections: () => number) {
    this.#connections = connections;
  }

  /** Lets a socket rest after a read of `bytes`, where that pays. */
  rest(socket: Socket, bytes: number): void {
    if (bytes >= FULL_READ || this.#connections() < FEW_CONNECTIONS) return;
    readStop(socket);
    // The group that was woken last is the one that a whole cycle lies before.
    const group = this.#groups[(this.#next + GROUPS - 1) % GROUPS]!;
    group.add(socket);
    this.#resting++;
    this.#timer ??= setInterval(() => this.#wakeNext(), CYCLE_MS / GROUPS);
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
