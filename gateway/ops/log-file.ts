import { openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { lineWriter } from './line-writer.ts';
import type { LineWriter } from './line-writer.ts';
import { localTime } from './log-line.ts';

/** Where log lines go. */
export interface LogOutput {
  /** Takes one or more whole lines; never throws, never waits. */
  write(text: string): void;
  /** Resolves when what was written has reached its place, before the process ends. */
  flush(): void | Promise<void>;
}

/** Lines go to an open descriptor, such as standard output. */
export function descriptorOutput(fd: number): LogOutput {
  return lineWriter(fd);
}

export interface LogFileLimits {
  /** Size at which the file is set aside, bytes. */
  readonly maxBytes: number;
  /** How long files that were set aside are kept, days. */
  readonly keepDays: number;
}

/**
 * Lines go to a file that is set aside when it is full or when a new day has begun: `ams.log`
 * becomes `ams-20261121-103100.log`. Limits are read at each line, so they may change.
 */
export function fileOutput(
  path: string,
  limits: () => LogFileLimits,
  now: () => number = Date.now,
): LogOutput {
  const existing = statSync(path, { throwIfNoEntry: false });
  let size = existing?.size ?? 0;
  let day = dayOf(size > 0 ? (existing?.mtimeMs ?? now()) : now());
  let file = append(path);
  prune(path, limits().keepDays, now());

  return {
    write(text) {
      const length = Buffer.byteLength(text);
      const today = dayOf(now());
      const full = size + length > limits().maxBytes;
      if (size > 0 && (full || today !== day)) {
        setAside(path, now());
        const old = file;
        // Without a free descriptor, lines go on into the file that was set aside.
        quietly(() => {
          file = append(path);
          old.close();
        });
        prune(path, limits().keepDays, now());
        size = 0;
      }
      day = today;
      size += length;
      file.write(text);
    },
    flush: () => file.flush(),
  };
}

const append = (path: string): LineWriter => lineWriter(openSync(path, 'a', 0o640));

function setAside(path: string, now: number): void {
  const folder = dirname(path);
  const stem = basename(path, '.log');
  const stamp = localTime(now).slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  for (let attempt = 0; attempt < 1000; attempt++) {
    const name = attempt === 0 ? `${stem}-${stamp}.log` : `${stem}-${stamp}-${attempt}.log`;
    const target = join(folder, name);
    if (statSync(target, { throwIfNoEntry: false }) !== undefined) continue;
    quietly(() => renameSync(path, target));
    return;
  }
}

/** Removes files that were set aside longer ago than `keepDays`. */
function prune(path: string, keepDays: number, now: number): void {
  const folder = dirname(path);
  const stem = `${basename(path, '.log')}-`;
  quietly(() => {
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(stem) || !/^\d{8}-\d{6}(-\d+)?\.log$/.test(name.slice(stem.length))) {
        continue;
      }
      const file = join(folder, name);
      if (now - statSync(file).mtimeMs > keepDays * 86_400_000) rmSync(file);
    }
  });
}

function dayOf(ms: number): string {
  return localTime(ms).slice(0, 10);
}

/** A log that cannot be tidied is no reason to stop. */
function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // Tried again at the next turn of the file.
  }
}
