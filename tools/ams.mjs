#!/usr/bin/env node
// The `ams` command (docs/ams-command.md). Any Node.js from 16 on may run this file; it gets the
// checkout ready and hands over to the Node.js among the packages.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { nodeEnvironment, nodeFlags } from './runtime.mjs';
import { SetupError, node, setup } from './setup.mjs';

const main = fileURLToPath(new URL('../gateway/main.ts', import.meta.url));

/** Commands that bring a server up; the others only speak to one. */
const starting = ['run', 'start', 'restart', 'if_start'];

function run(args) {
  const child = spawn(node, [...nodeFlags, main, ...args], {
    stdio: 'inherit',
    env: nodeEnvironment(),
  });
  // The gateway ends in order; this process waits for it, whoever is signalled.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2']) {
    process.on(signal, () => child.kill(signal));
  }
  child.once('error', (error) => fail(`${node} cannot be run: ${error.message}`));
  child.once('exit', (code, signal) => {
    process.exit(signal ? 128 + constants.signals[signal] : code);
  });
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

try {
  const [command = ''] = process.argv.slice(2);
  setup(starting.includes(command) ? 'run' : 'packages');
  run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  fail(error.message);
}
