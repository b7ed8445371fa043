import { existsSync } from 'node:fs';
import { accepting, freePort } from './free-port.ts';
import { start } from './processes.ts';
import type { Scope } from './scope.ts';
import { tempDir } from './temp-dir.ts';

const DRIVER = '/usr/bin/WebKitWebDriver';
const DISPLAY_SERVER = '/usr/bin/Xvfb';
/** WebKitGTK's own small browser, which nothing but tests use. */
const BROWSERS = ['x86_64', 'aarch64'].map(
  (machine) => `/usr/lib/${machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser`,
);
/** For one command of WebDriver, ms. */
const COMMAND_LIMIT = 20_000;

/** Why tests with WebKitGTK cannot run; false where they can. */
export function webkitMissing(): string | false {
  if (!existsSync(DRIVER) || browserPath() === undefined) return 'no WebKitGTK driver';
  return existsSync(DISPLAY_SERVER) ? false : 'no Xvfb';
}

function browserPath(): string | undefined {
  return BROWSERS.find((path) => existsSync(path));
}

/** A tab of WebKitGTK. */
export interface WebKit {
  goto(url: string): Promise<void>;
  /** The value of an expression (or of its promise) in the page, which must be JSON. */
  evaluate<T>(expression: string): Promise<T>;
}

/** Starts the system's WebKitGTK on a display of its own, driven over WebDriver; it ends with the test. */
export async function startWebKit(scope: Scope): Promise<WebKit> {
  const home = await tempDir(scope);
  const screen = ['-screen', '0', '1280x800x24', '-nolisten', 'tcp', '-displayfd', '1'];
  const display = start(scope, DISPLAY_SERVER, screen);
  const [, number] = await display.match(/^(\d+)\n/);
  const port = await freePort();
  const driver = start(scope, DRIVER, [`--port=${port}`, '--host=127.0.0.1'], {
    env: {
      PATH: process.env.PATH,
      DISPLAY: `:${number}`,
      HOME: home,
      XDG_RUNTIME_DIR: home,
      LIBGL_ALWAYS_SOFTWARE: '1',
    },
  });
  await accepting(driver, port);

  const send = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(COMMAND_LIMIT),
    });
    const { value } = (await response.json()) as { value: unknown };
    if (response.ok) return value;
    const { error, message } = value as { error: string; message: string };
    throw new Error(`WebKitGTK, asked for ${method} ${path}: ${error}: ${message}`);
  };
  const options = { binary: browserPath(), args: ['--automation', '--autoplay-policy=allow'] };
  const { sessionId } = (await send('POST', '/session', {
    capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } },
  })) as { sessionId: string };
  const session = `/session/${sessionId}`;
  // The browser is the driver's child, and ends with its session.
  scope.after(async () => void (await send('DELETE', session)));
  return {
    async goto(url) {
      await send('POST', `${session}/url`, { url });
    },
    async evaluate<T>(expression: string) {
      const script = `const [done] = arguments;
        Promise.resolve(${expression}).then(
          (value) => done(JSON.stringify({ value })), (error) => done(JSON.stringify({ error: String(error) })))`;
      const answer = await send('POST', `${session}/execute/async`, { script, args: [] });
      const { value, error } = JSON.parse(answer as string) as { value: T; error?: string };
      if (error !== undefined) throw new Error(error);
      return value;
    },
  };
}
