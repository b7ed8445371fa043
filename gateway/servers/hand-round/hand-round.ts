// Decision 11 says why a second thread writes, and what it brings.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { oneByOne, type Sink, type WriteToAll } from '../../live/viewer.ts';
import type { Log } from '../../ops/log.ts';
import { Slot, TAKEN_AT_ONCE, type Round } from './round.ts';

/** From so many viewers on, the second thread is worth waking up: alone, a round takes some 2 ms. */
const MANY_SINKS = 256;
/** Sinks that one round shares with the thread; those beyond are written to as ever. */
const MAX_SHARED = 8192;
/** The longest batch that is shared, bytes; hardly any key frame is longer. */
const MAX_BYTES = 1_048_576;
/** Looks at whether the thread is done before this one sleeps: 10 to 50 µs, the time of its last writes. */
const LOOKS = 1000;

/**
 * Hands the same bytes to many viewers, with a second thread where there is a core for it.
 *
 * Both take sinks from the end of one list until none is left, so that neither waits for the other
 * but during its last few writes: a thread that gets no time of the processor takes none. A round is over
 * when this function returns. Nothing of it goes on behind the back of whoever closes a socket.
 */
export class HandRound {
  #log: Log;
  #cores = availableParallelism();
  #round: Round | undefined;
  #ready = false;
  /** Which sink is at a place of the round. */
  #sinkAt = new Uint32Array(MAX_SHARED);
  /** Writes that the thread did, since the beginning. */
  helped = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  readonly write: WriteToAll = (sinks, bytes) => {
    if (sinks.length >= MANY_SINKS && bytes.length <= MAX_BYTES && this.#hasHelp()) {
      this.#share(sinks, bytes, this.#round!);
    } else {
      oneByOne(sinks, bytes);
    }
  };

  /** Whether the second thread is there; it is made when it is first wanted. */
  #hasHelp(): boolean {
    if (!this.#round && this.#cores > 1) {
      this.#round = {
        slots: new Int32Array(new SharedArrayBuffer(Slot.count * 4)),
        descriptors: new Int32Array(new SharedArrayBuffer(MAX_SHARED * 4)),
        written: new Int32Array(new SharedArrayBuffer(MAX_SHARED * 4)),
        bytes: new Uint8Array(new SharedArrayBuffer(MAX_BYTES)),
      };
      this.#start(this.#round);
    }
    return this.#ready;
  }

  #start(workerData: Round): void {
    const failed = (err: unknown): void => {
      this.#ready = false;
      this.#log.warn(
        { err },
        'there is no second thread to write to many viewers; one does it all',
      );
    };
    try {
      const thread = new Worker(new URL('./thread.ts', import.meta.url), {
        workerData,
        execArgv: [],
      });
      thread.once('online', () => (this.#ready = true));
      thread.once('error', failed);
      thread.unref();
    } catch (error) {
      failed(error);
    }
  }

  #share(sinks: readonly Sink[], bytes: Uint8Array, round: Round): void {
    const shared = this.#post(sinks, bytes, round);
    const own = this.#takePart(sinks, bytes, round);
    this.#awaitOthers(shared - own, round);
    this.helped += shared - own;
    for (let place = 0; place < shared; place++) {
      // What the system did not take from the thread, and what it has to say about a socket.
      const written = round.written[place]!;
      if (written < bytes.length) sinks[this.#sinkAt[place]!]!.write(bytes.subarray(written));
    }
  }

  /** Lays the round out and wakes the thread up; answers how many sinks are shared with it. */
  #post(sinks: readonly Sink[], bytes: Uint8Array, round: Round): number {
    let shared = 0;
    for (let index = 0; index < sinks.length; index++) {
      const sink = sinks[index]!;
      const descriptor = shared < MAX_SHARED ? (sink.descriptor ?? -1) : -1;
      if (descriptor < 0) {
        sink.write(bytes);
      } else {
        round.descriptors[shared] = descriptor;
        this.#sinkAt[shared++] = index;
      }
    }
    round.slots[Slot.done] = 0;
    if (shared === 0) return 0;
    round.bytes.set(bytes);
    round.slots[Slot.length] = bytes.length;
    Atomics.store(round.slots, Slot.left, shared);
    Atomics.add(round.slots, Slot.posted, 1);
    Atomics.notify(round.slots, Slot.posted);
    return shared;
  }

  /** Writes to sinks as long as any is left; answers to how many. */
  #takePart(sinks: readonly Sink[], bytes: Uint8Array, round: Round): number {
    let own = 0;
    for (;;) {
      const end = Atomics.sub(round.slots, Slot.left, TAKEN_AT_ONCE);
      if (end <= 0) return own;
      for (let place = Math.max(0, end - TAKEN_AT_ONCE); place < end; place++) {
        sinks[this.#sinkAt[place]!]!.write(bytes);
        round.written[place] = bytes.length;
        own++;
      }
    }
  }

  /** The thread never waits for a socket, so this takes as long as a few writes. */
  #awaitOthers(count: number, { slots }: Round): void {
    for (let look = 0; look < LOOKS; look++) if (Atomics.load(slots, Slot.done) === count) return;
    for (;;) {
      const done = Atomics.load(slots, Slot.done);
      if (done === count) return;
      Atomics.wait(slots, Slot.done, done);
    }
  }
}
