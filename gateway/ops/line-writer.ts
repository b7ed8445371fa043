import { close, write } from 'node:fs';

/** Lines that wait for a slow disk or pipe are dropped beyond this many bytes. */
const maxWaiting = 4 * 1024 * 1024;

/** A pipe that is full is tried again after this long, ms. */
const retryDelay = 20;

/** Writes lines to a descriptor in order, without ever making the caller wait. */
export interface LineWriter {
  write(text: string): void;
  /** Resolves when what was written until now has left, or cannot. */
  flush(): Promise<void>;
  /** Closes the descriptor after what was written until now. */
  close(): void;
}

/**
 * A writer for an open descriptor. What comes while a write is under way leaves with the next one,
 * in one piece. A write that fails (disk full, pipe closed) loses its lines and nothing else.
 */
export function lineWriter(fd: number): LineWriter {
  let waiting: string[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  let busy = false;
  let closing = false;
  let idleListeners: (() => void)[] = [];

  const next = () => {
    if (waiting.length === 0) {
      busy = false;
      const listeners = idleListeners;
      idleListeners = [];
      for (const listener of listeners) listener();
      if (closing) close(fd, () => undefined);
      return;
    }
    busy = true;
    if (dropped > 0) waiting.push(`${dropped} log lines were dropped: writing is too slow\n`);
    dropped = 0;
    const bytes = Buffer.from(waiting.join(''));
    waiting = [];
    waitingBytes = 0;
    send(bytes);
  };

  const send = (bytes: Buffer) => {
    write(fd, bytes, 0, bytes.length, null, (error, written) => {
      if (error?.code === 'EAGAIN') setTimeout(send, retryDelay, bytes);
      else if (!error && written < bytes.length) send(bytes.subarray(written));
      else next();
    });
  };

  return {
    write(text) {
      const length = Buffer.byteLength(text);
      if (waitingBytes + length > maxWaiting) {
        dropped++;
        return;
      }
      waiting.push(text);
      waitingBytes += length;
      if (!busy) next();
    },
    async flush() {
      if (busy) await new Promise<void>((resolve) => idleListeners.push(resolve));
    },
    close() {
      closing = true;
      if (!busy) next();
    },
  };
}
