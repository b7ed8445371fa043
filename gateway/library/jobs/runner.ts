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
  #helper: Helper | undefined;
  #idle: NodeJS.Timeout | undefined;

  /**
   * Runs a program; answers its standard output, unless `onLine` took that.
   * @throws ChildError when it cannot be started or does not end with 0
   */
  async run(program: string, args: readonly string[], options: ChildOptions): Promise<string> {
    if (options.signal.aborted) throw new ChildError(`${program} was not started.`);
    clearTimeout(this.#idle);
    if (!this.#helper?.isThere) this.#helper = new Helper();
    const helper = this.#helper;
    try {
      return await helper.run(program, args, options);
    } finally {
      if (!helper.isBusy && helper === this.#helper) {
        clearTimeout(this.#idle);
        this.#idle = setTimeout(() => void this.close(), IDLE_MS);
        this.#idle.unref();
      }
    }
  }

  /** Ends the process, and with it what it runs. Resolves when it is gone. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const helper = this.#helper;
    this.#helper = undefined;
    await helper?.close();
  }
}

/** One such process. It keeps the gateway's event loop alive only while it runs something. */
class Helper {
  #child: ChildProcess;
  #runs = new Map<number, Run>();
  #lastId = 0;
  #gone: Promise<void>;
  isThere = true;

  constructor() {
    const child = fork(PROGRAM, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child = child;
    child.on('message', (answer: RunnerAnswer) => this.#answer(answer));
    this.#gone = new Promise((resolve) => {
      const over = (): void => {
        this.isThere = false;
        for (const run of [...this.#runs.values()]) {
          run.reject(new ChildError('The process that starts helper programs has ended.'));
        }
        resolve();
      };
      // Not `close`: that does not come when it is us who disconnect.
      child.once('exit', over);
      child.on('error', () => child.pid === undefined && over());
    });
    this.#hold();
  }

  get isBusy(): boolean {
    return this.#runs.size > 0;
  }

  run(program: string, args: readonly string[], { signal, onLine }: ChildOptions): Promise<string> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      const stop = (): void => this.#send({ id });
      const end = (): void => {
        signal.removeEventListener('abort', stop);
        this.#runs.delete(id);
        this.#hold();
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
      this.#hold();
      signal.addEventListener('abort', stop, { once: true });
      this.#send({ id, program, args });
    });
  }

  close(): Promise<void> {
    this.isThere = false;
    this.#child.ref();
    if (this.#child.connected) this.#child.disconnect();
    return this.#gone;
  }

  /** What cannot be sent any more is settled when the process is gone. */
  #send(request: RunnerRequest): void {
    this.#child.send(request, () => {});
  }

  #hold(): void {
    if (this.isBusy) {
      this.#child.ref();
      this.#child.channel?.ref();
    } else {
      this.#child.unref();
      this.#child.channel?.unref();
    }
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
