import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a daemon tells the command that started it. */
export type DaemonMessage =
  | { readonly state: 'running'; readonly report: readonly string[] }
  | { readonly state: 'failed'; readonly message: string };

/** Takes what the daemon prints that is no log line: a crash of Node.js itself. */
const strayOutputFile = 'ams.out';

/** A start that takes longer has failed, ms. */
const startLimit = 30_000;

/**
 * Starts `ams daemon` with these flags as a process of its own, which outlives this one, and
 * resolves with its report when it serves. Rejects with its sentence when it cannot.
 */
export function startDaemon(state: string, flags: readonly string[]): Promise<readonly string[]> {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const strayPath = join(state, strayOutputFile);
  const stray = openSync(strayPath, 'w', 0o640);
  const child = spawn(process.execPath, [...process.execArgv, main, 'daemon', ...flags], {
    detached: true,
    stdio: ['ignore', stray, stray, 'ipc'],
  });
  closeSync(stray);

  return new Promise((resolve, reject) => {
    const fail = (message: string) => {
      clearTimeout(timer);
      reject(new Error(message));
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`The server did not start within ${startLimit / 1000} s.`);
    }, startLimit);
    child.once('error', (error) => fail(`The server could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      const said = readFileSync(strayPath, 'utf8').trim();
      fail(`The server ended at once (${signal ?? `exit code ${code}`}).${said && `\n${said}`}`);
    });
    child.on('message', (message: DaemonMessage) => {
      if (message.state === 'failed') {
        fail(message.message);
        return;
      }
      clearTimeout(timer);
      child.removeAllListeners('exit');
      child.disconnect();
      child.unref();
      resolve(message.report);
    });
  });
}

/** In the daemon: tells the command that started it, if one still listens. */
export async function tellStarter(message: DaemonMessage): Promise<void> {
  if (process.send === undefined || !process.connected) return;
  await new Promise<void>((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve());
  });
}
