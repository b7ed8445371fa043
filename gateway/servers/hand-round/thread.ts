// The second thread: sleeps until a round is posted, and takes part in it.
import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { workerData } from 'node:worker_threads';
import { Slot, TAKEN_AT_ONCE, type Round } from './round.ts';

// As compiled, it holds 15 MB less the next time, even if this process is killed.
flushCompileCache();

const { slots, descriptors, written, bytes } = workerData as Round;

// A viewer who does not read costs an error each time; nobody looks where it came from.
Error.stackTraceLimit = 0;

/** Answers how many bytes the system took, without waiting: the sockets do not block. */
function send(descriptor: number, length: number): number {
  try {
    return writeSync(descriptor, bytes, 0, length);
  } catch {
    return 0;
  }
}

for (let seen = 0; ;) {
  Atomics.wait(slots, Slot.posted, seen);
  seen = Atomics.load(slots, Slot.posted);
  for (;;) {
    const end = Atomics.sub(slots, Slot.left, TAKEN_AT_ONCE);
    if (end <= 0) break;
    const begin = Math.max(0, end - TAKEN_AT_ONCE);
    const length = slots[Slot.length]!;
    for (let place = begin; place < end; place++) {
      written[place] = send(descriptors[place]!, length);
    }
    Atomics.add(slots, Slot.done, end - begin);
    Atomics.notify(slots, Slot.done);
  }
}
