import { spawn } from 'node:child_process';

/** What a helper program says last is kept to this many characters. */
const MAX_WORDS = 2000;
/** Most that is read of its output, characters. */
const MAX_OUTPUT = 4 * 1024 * 1024;

/** A helper program could not do its work; `message` ends with what it said last. */
export class ChildError extends Error {
  override readonly name = 'ChildError';
  readonly code = 'child_failed';
}

export interface ChildOptions {
  /** Ends the program. */
  readonly signal: AbortSignal;
  /** Is given each line of its standard output; without, the output is the answer. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a helper program and answers its standard output, unless `onLine` took that. The one place
 * that starts ffmpeg for the library; it is used by the runner (`runner-main.ts`) only.
 * @throws ChildError when it cannot be started or does not end with 0
 */
export function runChild(
  program: string,
  args: readonly string[],
  { signal, onLine }: ChildOptions,
): Promise<string> {
  const name = program.slice(program.lastIndexOf('/') + 1);
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new ChildError(`${name} was not started.`));
    // In a group of its own: Ctrl-C is for the gateway, and work that it broke off would count as failed.
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    let words = '';
    let failure: Error | undefined;
    const kill = (): void => void child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    child.stdout.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-MAX_OUTPUT);
      if (!onLine) return;
      const lines = output.split('\n');
      output = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-MAX_WORDS);
    });
    child.once('error', (error) => (failure = error));
    child.once('close', (code, killed) => {
      signal.removeEventListener('abort', kill);
      if (code === 0) return resolve(output);
      const how = failure?.message ?? `ended with ${code ?? killed}`;
      const said = words.trim().split('\n').slice(-3).join(' ');
      reject(
        new ChildError(`${name}: ${how}${said === '' ? '.' : `: ${said}`}`, { cause: failure }),
      );
    });
  });
}
