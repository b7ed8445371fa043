import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Scope } from './scope.ts';

const PYTHON = '/usr/bin/python3';
const program = fileURLToPath(new URL('aiortc_client.py', import.meta.url));

/** Why tests with aiortc cannot run; false where they can. */
export const aiortcMissing = (): string | false =>
  existsSync('/usr/lib/python3/dist-packages/aiortc')
    ? false
    : 'aiortc is not installed (Debian package python3-aiortc)';

export interface AiortcClient {
  /** The line that it prints, as JSON; rejects with what it said when it ends before. */
  readonly said: Promise<unknown>;
  /** Lets it say goodbye and end. */
  leave(): Promise<void>;
}

/** Starts the independent client on a WHEP or WHIP address. */
export function startAiortc(scope: Scope, kind: 'whep' | 'whip', url: string): AiortcClient {
  const child = spawn(PYTHON, [program, kind, url], { stdio: ['pipe', 'pipe', 'pipe'] });
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
    child.once('close', () => reject(new Error(`aiortc ended: ${words.slice(-2000)}`)));
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
