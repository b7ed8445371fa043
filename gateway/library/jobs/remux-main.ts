/**
 * A program of its own: `node remux-main.ts SOURCE.flv TARGET.mp4` makes a fast-start MP4 of a
 * recording, without touching its pictures and sound. It runs beside the gateway so that it can
 * stand back (nice) and so that its work is never in the way of live media.
 *
 * It prints `progress 0.42` now and then. Exit codes: 0 done, 2 there is nothing in the file that
 * an MP4 could hold, 1 anything else.
 */
import { closeSync, fdatasyncSync, openSync, readSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { wholeFile } from '../../protocols/mp4/clip.ts';
import { finish } from '../../protocols/mp4/work.ts';
import type { SourceRanges } from '../../protocols/mp4/progressive-writer.ts';
import { indexFlv } from '../media/flv-index.ts';

const PIECE = 1024 * 1024;
/** The share of reading the file in the whole work. */
const READING = 0.4;
let told = 0;
function tell(progress: number): void {
  if (progress - told < 0.01) return;
  told = progress;
  process.stdout.write(`progress ${progress.toFixed(2)}\n`);
}

/** Copies parts of one file, whose places ascend, to the end of another. */
function copy(from: number, to: number, { starts, lengths }: SourceRanges, size: number): void {
  const window = Buffer.allocUnsafe(PIECE);
  const out = Buffer.allocUnsafe(PIECE);
  let windowStart = 0;
  let windowEnd = 0;
  let filled = 0;
  for (const [index, start] of starts.entries()) {
    let at = start;
    const end = start + lengths[index]!;
    while (at < end) {
      if (at < windowStart || at >= windowEnd) {
        windowStart = at;
        windowEnd = at + readSync(from, window, 0, PIECE, at);
        if (windowEnd === at) throw new Error(`The recording ends at byte ${at}.`);
        tell(READING + (at / size) * (1 - READING));
      }
      const take = Math.min(end, windowEnd, at + PIECE - filled);
      filled += window.copy(out, filled, at - windowStart, take - windowStart);
      at = take;
      if (filled < PIECE) continue;
      writeAll(to, out);
      filled = 0;
    }
  }
  writeAll(to, out.subarray(0, filled));
}

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}

async function remux(from: FileHandle, target: string): Promise<number> {
  const { size } = await from.stat();
  const movie = await indexFlv(from, size, (progress) => tell(progress * READING));
  if (!movie) {
    process.stderr.write('There is neither picture nor sound that an MP4 could hold.\n');
    return 2;
  }
  const file = finish(wholeFile(movie));
  const to = openSync(target, 'w', 0o644);
  writeAll(to, file.head);
  copy(from.fd, to, file.ranges, size);
  fdatasyncSync(to);
  closeSync(to);
  return 0;
}

async function main([source, target]: readonly string[]): Promise<number> {
  if (source === undefined || target === undefined) {
    process.stderr.write('usage: remux-main.ts SOURCE.flv TARGET.mp4\n');
    return 1;
  }
  const from = await open(source, 'r');
  try {
    return await remux(from, target);
  } finally {
    await from.close();
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // A sentence for the gateway's log, such as that the disk is full.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
