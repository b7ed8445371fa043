import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Scope } from './scope.ts';

/** Debian's own, which sees Debian's packages. */
export const PYTHON = '/usr/bin/python3';

/** A client of somebody else's making, driven by a program of this folder. */
export interface PythonClient {
  /** The line that it prints, as JSON; rejects with what it said when it ends before. */
  readonly said: Promise<unknown>;
  /** Lets it say goodbye and end. */
  leave(): Promise<void>;
}

/** Starts a program of this folder. */
export function startPython(scope: Scope, name: string, args: readonly string[]): PythonClient {
  const program = fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(PYTHON, [program, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  scope.after(() => {
    child.kill('SIGKILL');
  });
  let out = '';
  let words = '';
  const closed = once(child, 'close');
  const said = new Promise<unknown>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out.includes('\n')) resolve(JSON.parse(out.slice(0, out.indexOf('\n'))));
    });
    child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
    child.once('close', () => reject(new Error(`${name} ended: ${words.slice(-2000)}`)));
  });
  said.catch(() => undefined);
  return {
    said,
    async leave() {
      child.stdin.end();
      await closed;
    },
  };
}
