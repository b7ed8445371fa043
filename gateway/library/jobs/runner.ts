import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ChildError, type ChildOptions } from './child.ts';

/** What the gateway asks of the runner: to run a program, or to end one. */
export type RunnerRequest =
  | { readonly id: number; readonly program: string; readonly args: readonly string[] }
  | { readonly id: number };

/** What the runner says of a program: a line of its output, how it ended. */
export type RunnerAnswer =
  | { readonly id: number; readonly line: string }
  | { readonly id: number; readonly output: string }
  | { readonly id: number; readonly error: string };

/** Without work for so long, the runner ends, ms. */
const IDLE_MS = 30_000;

const PROGRAM = fileURLToPath(new URL('runner-main.ts', import.meta.url));

interface Run {
  readonly onLine: ((line: string) => void) | undefined;
  readonly lines: string[];
  resolve(output: string): void;
  reject(error: Error): void;
}

/** Runs helper programs beside live traffic, through a small process of its own (`runner-main.ts`). */
export class Runner {
  #process: ChildProcess | undefined;
  #runs = new Map<number, Run>();
  #lastId = 0;
  #idle: NodeJS.Timeout | undefined;

  /**
   * Runs a program; answers its standard output, unless `onLine` took that.
   * @throws ChildError when it cannot be started or does not end with 0
   */
  run(program: string, args: readonly string[], { signal, onLine }: ChildOptions): Promise<string> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new ChildError(`${program} was not started.`));
      clearTimeout(this.#idle);
      const id = ++this.#lastId;
      const child = (this.#process ??= this.#start());
      const stop = (): void => void child.send({ id } satisfies RunnerRequest, () => {});
      signal.addEventListener('abort', stop, { once: true });
      const end = (): void => {
        signal.removeEventListener('abort', stop);
        this.#runs.delete(id);
        if (this.#runs.size > 0) return;
        this.#idle = setTimeout(() => this.close(), IDLE_MS);
        this.#idle.unref();
      };
      this.#runs.set(id, {
        onLine,
        lines: [],
        resolve(output) {
          end();
          resolve(output);
        },
        reject(error) {
          end();
          reject(error);
        },
      });
      child.send({ id, program, args } satisfies RunnerRequest, () => {});
    });
  }

  /** Ends the process, and with it what it runs. */
  close(): void {
    clearTimeout(this.#idle);
    const child = this.#process;
    this.#process = undefined;
    if (child?.connected) child.disconnect();
  }

  #start(): ChildProcess {
    const child = fork(PROGRAM, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.on('message', (answer: RunnerAnswer) => this.#answer(answer));
    child.on('error', () => {}); // `close` follows, or `disconnect` has come
    child.once('close', () => {
      if (this.#process === child) this.#process = undefined;
      for (const run of [...this.#runs.values()]) {
        run.reject(new ChildError('The process that starts helper programs has ended.'));
      }
    });
    child.unref();
    child.channel?.unref();
    return child;
  }

  #answer(answer: RunnerAnswer): void {
    const run = this.#runs.get(answer.id);
    if (!run) return;
    if ('error' in answer) run.reject(new ChildError(answer.error));
    else if ('output' in answer) run.resolve(run.lines.join('\n') + answer.output);
    else if (run.onLine) run.onLine(answer.line);
    else run.lines.push(answer.line);
  }
}
