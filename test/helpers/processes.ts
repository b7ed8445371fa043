import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Scope } from './scope.ts';

/** Text of a child's output that is kept for messages and patterns; the rest is let go. */
const KEPT_TEXT = 256 * 1024;
const DEFAULT_TIMEOUT_MS = 20_000;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that this test started, and that ends with the test at the latest. */
export interface Child {
  readonly pid: number;
  readonly process: ChildProcess;
  /** Resolves when it is gone, whatever the reason. */
  readonly ended: Promise<Exit>;
  /** What it wrote to standard output so far (the last 256 kB). */
  stdout(): string;
  /** What it wrote to standard error so far (the last 256 kB). */
  stderr(): string;
  /** The first match in either output, past or to come; rejects when it ends or the time is up. */
  match(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Its exit; rejects, and kills it, when the time is up. */
  exit(timeoutMs?: number): Promise<Exit>;
  /** As `exit`, but rejects with its error output when the exit code is not 0. */
  success(timeoutMs?: number): Promise<void>;
  /** Ends it: the signal, then SIGKILL 3 s later if it is still there. Safe to call twice. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  /** `pipe` lets the caller write to `child.process.stdin`; otherwise it is empty. */
  readonly stdin?: 'pipe' | 'ignore';
  /** False: the caller reads `child.process.stdout` itself (binary output). */
  readonly collectStdout?: boolean;
}

/** Starts a program in the scope of a test. Rejects only later, through `match` or `exit`. */
export function start(
  scope: Scope,
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): Child {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    uid: options.uid,
    gid: options.gid,
    stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe'],
  });
  const name = `${command} (process ${child.pid ?? 'not started'})`;
  const text = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  const collect = (stream: 'stdout' | 'stderr') => (chunk: Buffer) => {
    text[stream] = (text[stream] + chunk.toString('utf8')).slice(-KEPT_TEXT);
    for (const look of watchers) look();
  };
  if (options.collectStdout !== false) child.stdout?.on('data', collect('stdout'));
  child.stderr?.on('data', collect('stderr'));

  let failure: Error | undefined;
  const ended = new Promise<Exit>((resolve) => {
    child.once('error', (error) => {
      failure = error;
      resolve({ code: null, signal: null });
    });
    child.once('close', (code, signal) => {
      resolve({ code, signal });
    });
  });
  let over = false;
  void ended.then(() => {
    over = true;
    for (const look of watchers) look();
  });
  // Reached only when this process ends without running the scope's clean-up.
  const lastResort = () => child.kill('SIGKILL');
  process.once('exit', lastResort);
  void ended.then(() => process.removeListener('exit', lastResort));

  const said = () => {
    const lines = `${text.stdout}${text.stderr}`.trim().split('\n').slice(-20).join('\n');
    return lines === '' ? 'It said nothing.' : `It said:\n${lines}`;
  };

  const self: Child = {
    pid: child.pid ?? -1,
    process: child,
    ended,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    match(pattern, timeoutMs = DEFAULT_TIMEOUT_MS) {
      return new Promise((resolve, reject) => {
        const finish = (act: () => void) => {
          watchers.delete(look);
          clearTimeout(timer);
          act();
        };
        const look = () => {
          const found = pattern.exec(text.stdout) ?? pattern.exec(text.stderr);
          if (found !== null) finish(() => resolve(found));
          else if (over)
            finish(() =>
              reject(
                new Error(`${name} ended before it said ${pattern}. ${said()}`, { cause: failure }),
              ),
            );
        };
        const timer = setTimeout(
          () =>
            finish(() =>
              reject(new Error(`${name} did not say ${pattern} in ${timeoutMs} ms. ${said()}`)),
            ),
          timeoutMs,
        );
        watchers.add(look);
        look();
      });
    },
    async exit(timeoutMs = DEFAULT_TIMEOUT_MS) {
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), timeoutMs);
      try {
        const first = await Promise.race([ended, once(late.signal, 'abort').then(() => undefined)]);
        if (first === undefined) {
          await self.stop('SIGKILL');
          throw new Error(`${name} was still running after ${timeoutMs} ms. ${said()}`);
        }
        if (failure !== undefined) throw new Error(`${name} could not run`, { cause: failure });
        return first;
      } finally {
        clearTimeout(timer);
      }
    },
    async success(timeoutMs) {
      const { code, signal } = await self.exit(timeoutMs);
      if (code !== 0) throw new Error(`${name} ended with ${code ?? signal}. ${said()}`);
    },
    async stop(signal = 'SIGTERM') {
      if (over) return;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
      await ended;
      clearTimeout(timer);
    },
  };
  scope.after(() => self.stop('SIGKILL'));
  return self;
}

/** Runs a program to its end and answers its standard output; rejects unless it exits with 0. */
export async function run(
  scope: Scope,
  command: string,
  args: readonly string[],
  options: StartOptions & { readonly timeoutMs?: number } = {},
): Promise<string> {
  const child = start(scope, command, args, { ...options, collectStdout: false });
  const parts: Buffer[] = [];
  child.process.stdout?.on('data', (part: Buffer) => parts.push(part));
  await child.success(options.timeoutMs);
  return Buffer.concat(parts).toString('utf8');
}
