import { flushCompileCache } from 'node:module';
import { opennessWarning } from './ams/access/guard.ts';
import { chooseFolders, createFolders } from './config/folders.ts';
import type { Folders } from './config/folders.ts';
import { mergeFlags, readInvocation } from './config/layers.ts';
import type { Invocation } from './config/layers.ts';
import type { Config } from './config/schema.ts';
import { openConfigStore } from './config/store.ts';
import { didYouMean } from './config/suggest.ts';
import { startDaemon, tellStarter } from './ops/daemon.ts';
import { findInstance } from './ops/instance.ts';
import { localTime } from './ops/log-line.ts';
import { mayBind } from './ops/may-bind.ts';
import { findProgram } from './ops/programs.ts';
import { serve } from './ops/serve.ts';
import { steerBySignals } from './ops/signals.ts';
import { reloadInstance, stopInstance } from './ops/steering.ts';
import { version } from './ops/version.ts';

/*
 * The `ams` command. Exit codes: 0 done (or running), 1 failed (`if_status`: not running),
 * 2 the command line is wrong, 3 not running (`status`, `reload`).
 */

const usage = `AMS Gateway ${version}

usage: ams COMMAND [--home DIR] [--KEY=VALUE …]

  run         serve in the foreground until Ctrl-C
  start       serve in the background; returns once connections are accepted
  stop        end the server that runs, with its clients
  restart     stop, then start with the same flags and those given
  status      say whether it runs, and where
  reload      apply the running configuration (as POST /cfg/reload)
  reset       put the running configuration back to defaults
  cert        make a certificate to try HTTPS with (a browser warns once)
  if_start    for scripts: prints 0 started, 1 failed, the PID when it runs already
  if_stop     for scripts: prints 0 stopped, 1 failed
  if_status   for scripts: prints 0 running, 1 not

Every configuration key can be given as --KEY=VALUE or as the variable AMS_KEY.`;

interface Context {
  readonly invocation: Invocation;
  readonly folders: Folders;
}

/** A command answers its exit code. */
type Command = (context: Context) => Promise<number>;

const say = (text: string) => console.log(text);
const complain = (text: string) => console.error(text);
const sentence = (error: unknown) => (error instanceof Error ? error.message : String(error));

const commands: Readonly<Record<string, Command>> = {
  run: (context) => serveHere(context, 'terminal'),
  daemon: (context) => serveHere(context, 'file'),

  async start(context) {
    const running = findInstance(context.folders.state);
    if (running) {
      say(`AMS Gateway runs already, PID ${running.pid}.`);
      return 0;
    }
    say(await started(context, context.invocation.flags));
    return 0;
  },

  async stop({ folders }) {
    say(await stopped(folders));
    return 0;
  },

  async restart(context) {
    const before = findInstance(context.folders.state)?.flags ?? [];
    const flags = mergeFlags(before, context.invocation.flags);
    say(await stopped(context.folders));
    say(await started(context, flags));
    return 0;
  },

  async status({ folders }) {
    const record = findInstance(folders.state);
    if (record === undefined) {
      say(`AMS Gateway is not running (state folder ${folders.state}).`);
      return 3;
    }
    const { ports, since, pid } = record;
    const where = ports ? `RTMP port ${ports.rtmp}, HTTP port ${ports.http}` : 'no port open yet';
    say(
      `AMS Gateway ${record.version} is ${record.state}, PID ${pid}, since ${localTime(since)}: ${where}.`,
    );
    return 0;
  },

  async reload({ folders }) {
    const record = findInstance(folders.state);
    if (record === undefined) {
      complain('AMS Gateway is not running; a start reads the configuration anyway.');
      return 3;
    }
    say(await reloadInstance(folders.state, record));
    return 0;
  },

  async reset({ invocation, folders }) {
    createFolders(folders);
    await openConfigStore(folders, invocation.fixed, mayBind).reset();
    say('The running configuration is back to defaults; a reload or a restart applies it.');
    return 0;
  },

  async cert({ folders }) {
    createFolders(folders);
    const { makeTestCertificate } = await import('./ops/test-certificate.ts');
    const { cert, key } = await makeTestCertificate(folders.state);
    say(`A certificate for this machine, for a year: ${cert}`);
    say(`Start with --https_port=8443 --tls_cert=${cert} --tls_key=${key}`);
    return 0;
  },

  async if_start(context) {
    const running = findInstance(context.folders.state);
    if (running) {
      say(String(running.pid));
      return 0;
    }
    return digit(() => started(context, context.invocation.flags));
  },

  if_stop: ({ folders }) => digit(() => stopped(folders)),

  async if_status({ folders }) {
    const code = findInstance(folders.state) === undefined ? 1 : 0;
    say(String(code));
    return code;
  },
};

/** Serves in this process until it is ended. */
async function serveHere(context: Context, logTo: 'terminal' | 'file'): Promise<number> {
  const { folders, invocation } = context;
  try {
    const { startGateway } = await import('./gateway.ts');
    const serving = await serve({
      folders,
      fixed: invocation.fixed,
      flags: invocation.flags,
      logTo,
      warnings: (config) => [...invocation.warnings, ...warningsOf(config)],
      start: startGateway,
    });
    const ended = steerBySignals(serving);
    const { report, warnings, log } = serving;
    const lines = [...report, ...warnings.map((warning) => `Warning: ${warning}`)];
    if (logTo === 'terminal') say(lines.join('\n'));
    else {
      log.info({ ...folders, ...serving.ports }, report[0]);
      for (const warning of warnings) log.warn({}, warning);
    }
    await tellStarter({ state: 'running', report: lines });
    // Kept now, not at an orderly end only: what had to be compiled holds 15 MB more.
    flushCompileCache();
    return await ended;
  } catch (error) {
    await tellStarter({ state: 'failed', message: sentence(error) });
    throw error;
  }
}

/** What should not stay as it is. */
function warningsOf(config: Config): string[] {
  const openness = opennessWarning(config);
  const found = openness === undefined ? [] : [openness];
  if (findProgram('ffmpeg') === undefined) {
    found.push(
      'ffmpeg was not found, and what needs it does not work (MP4 files and pictures of recordings and uploads, sound for WebRTC). Install it: apt-get install ffmpeg',
    );
  }
  return found;
}

async function started({ folders }: Context, flags: readonly string[]): Promise<string> {
  createFolders(folders);
  return (await startDaemon(folders.state, flags)).join('\n');
}

async function stopped(folders: Folders): Promise<string> {
  const record = findInstance(folders.state);
  if (record === undefined) return 'AMS Gateway is not running.';
  const how = await stopInstance(record);
  return how === 'ended'
    ? `AMS Gateway has stopped (PID ${record.pid}).`
    : `AMS Gateway did not end in time and was killed (PID ${record.pid}).`;
}

/** Prints 0 or, with the reason on standard error, 1; answers the same as exit code. */
async function digit(action: () => Promise<unknown>): Promise<number> {
  try {
    await action();
    say('0');
    return 0;
  } catch (error) {
    say('1');
    complain(sentence(error));
    return 1;
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const [name = 'help', ...flags] = argv;
  if (name === 'help' || argv.some((word) => word === '--help' || word === '-h')) {
    say(usage);
    return 0;
  }
  if (name === '--version') {
    say(version);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    complain(
      `There is no command "${name}".${didYouMean(name, Object.keys(commands))}\n\n${usage}`,
    );
    return 2;
  }
  let invocation: Invocation;
  try {
    invocation = readInvocation(flags, process.env);
  } catch (error) {
    complain(sentence(error));
    return 2;
  }
  const [stray] = invocation.words;
  if (stray !== undefined) {
    complain(`"${stray}" is no flag. Configuration keys are given as --KEY=VALUE.`);
    return 2;
  }
  try {
    return await command({ invocation, folders: chooseFolders(invocation.home) });
  } catch (error) {
    complain(sentence(error));
    return 1;
  }
}

// A handle that is still open must not keep a command from returning.
process.exit(await main(process.argv.slice(2)));
