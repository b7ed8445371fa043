import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import type { Scope } from './scope.ts';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The browser's path, or undefined where there is none. */
export function chromiumPath(): string | undefined {
  return PLACES.find((file) => existsSync(file));
}

export interface ChromiumOptions {
  /** True lets media with sound start without a click. */
  readonly autoplay?: boolean;
  readonly args?: readonly string[];
}

/** Starts the system's Chromium, headless; it is closed at the end of the test. */
export async function startChromium(scope: Scope, options: ChromiumOptions = {}): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('Chromium is not installed');
  const args = [...FLAGS, ...(options.args ?? [])];
  if (options.autoplay === true) args.push('--autoplay-policy=no-user-gesture-required');
  const browser = await chromium.launch({ executablePath, headless: true, args });
  scope.after(() => browser.close());
  return browser;
}
