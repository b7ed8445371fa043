import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';
import type { Scope } from './scope.ts';
import { tempDir } from './temp-dir.ts';

const PLACES = ['/usr/bin/firefox-esr', '/usr/bin/firefox'];
const START_LIMIT_MS = 30_000;

/** Media starts without a touch, and nothing is fetched or sent that the test did not ask for. */
const PREFERENCES = {
  'media.autoplay.default': 0,
  'app.update.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'browser.safebrowsing.downloads.remote.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};

/** The browser's path, or undefined where there is none. */
export function firefoxPath(): string | undefined {
  return PLACES.find((file) => existsSync(file));
}

/** A tab of Firefox. */
export interface Firefox {
  goto(url: string): Promise<void>;
  /** The value of an expression (or of its promise) in the page, which must be JSON. */
  evaluate<T>(expression: string): Promise<T>;
}

/** Starts the system's Firefox, headless, driven over WebDriver BiDi; it ends with the test. */
export async function startFirefox(scope: Scope): Promise<Firefox> {
  const path = firefoxPath();
  if (path === undefined) throw new Error('Firefox is not installed');
  const profile = await tempDir(scope);
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  await writeFile(join(profile, 'user.js'), lines.join('\n'));
  const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'];
  const child = spawn(path, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOME: profile },
  });
  scope.after(async () => {
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'close');
  });

  const socket = new WebSocket(`${await addressOf(child.stderr)}/session`);
  await once(socket, 'open');
  scope.after(() => socket.terminate());
  const answers = new Map<number, (answer: Answer) => void>();
  socket.on('message', (data: Buffer) => {
    const answer = JSON.parse(data.toString()) as Answer;
    answers.get(answer.id ?? -1)?.(answer);
  });
  let commands = 0;
  const send = async (method: string, params: object): Promise<unknown> => {
    const id = ++commands;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    answers.set(id, resolve);
    socket.send(JSON.stringify({ id, method, params }));
    const { result, error, message } = await promise;
    answers.delete(id);
    if (error !== undefined) throw new Error(`Firefox, asked for ${method}: ${error}: ${message}`);
    return result;
  };

  await send('session.new', { capabilities: {} });
  const { contexts } = (await send('browsingContext.getTree', {})) as {
    contexts: { context: string }[];
  };
  const context = contexts[0]?.context;
  return {
    async goto(url) {
      await send('browsingContext.navigate', { context, url, wait: 'complete' });
    },
    async evaluate<T>(expression: string) {
      const { result } = (await send('script.evaluate', {
        expression: `Promise.resolve(${expression}).then(JSON.stringify)`,
        target: { context },
        awaitPromise: true,
      })) as { result?: { value?: string } };
      if (result?.value === undefined) throw new Error(`Firefox has no value for ${expression}`);
      return JSON.parse(result.value) as T;
    },
  };
}

/** A WebDriver BiDi answer, in so far as it is read here. */
interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: string;
  readonly message?: string;
}

async function addressOf(output: NodeJS.ReadableStream): Promise<string> {
  const said: string[] = [];
  const timer = setTimeout(() => lines.close(), START_LIMIT_MS);
  const lines = createInterface(output);
  try {
    for await (const line of lines) {
      said.push(line);
      const address = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(line)?.[1];
      if (address !== undefined) return address;
    }
  } finally {
    clearTimeout(timer);
    output.resume();
  }
  throw new Error(`Firefox did not start:\n${said.join('\n')}`);
}
