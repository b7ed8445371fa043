import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** A child that died is started again after this long, doubled each time, ms. */
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
/** A child that lived this long starts over with the short wait, ms. */
const STEADY_MS = 30_000;
/** What ffmpeg says is kept to this many characters, for the log. */
const MAX_WORDS = 2_000;

export interface FfmpegEvents {
  /** A child runs: write what stands at the beginning of its input. */
  onStart(): void;
  onOutput(chunk: Buffer): void;
  /** It ended although nobody asked; `words` is what it said. */
  onDied(words: string): void;
}

/** One ffmpeg process fed on standard input and read on standard output, restarted when it dies. */
export class FfmpegChild {
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #events: FfmpegEvents;
  #child: ChildProcessByStdio<Writable, Readable, Readable> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;
  #stopped = false;

  constructor(program: string, args: readonly string[], events: FfmpegEvents) {
    this.#program = program;
    this.#args = args;
    this.#events = events;
    this.#start();
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Bytes that it has not read yet. */
  get queued(): number {
    return this.#child?.stdin.writableLength ?? 0;
  }

  write(bytes: Uint8Array): void {
    this.#child?.stdin.write(bytes);
  }

  /** Ends the process for good. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    const child = this.#child;
    this.#child = undefined;
    child?.kill('SIGKILL');
  }

  #start(): void {
    const startedAt = performance.now();
    const child = spawn(this.#program, this.#args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    let words = '';
    child.stdin.on('error', () => {}); // it died; `close` tells
    child.stdout.on('data', (chunk: Buffer) => {
      if (this.#child === child) this.#events.onOutput(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-MAX_WORDS);
    });
    child.on('error', (error) => {
      words += error.message;
    });
    child.once('close', () => {
      if (this.#child !== child) return;
      this.#child = undefined;
      if (this.#stopped) return;
      this.#events.onDied(words.trim());
      if (performance.now() - startedAt > STEADY_MS) this.#retryMs = FIRST_RETRY_MS;
      this.#retry = setTimeout(() => {
        this.#start();
      }, this.#retryMs);
      this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
    });
    this.#events.onStart();
  }
}
