import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { start } from '../helpers/processes.ts';
import type { Scope } from '../helpers/scope.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const tools = join(import.meta.dirname, '../../tools');

/**
 * A checkout with the setup script and nothing else, on a machine whose programs are the ones in
 * `bin`: an npm and an apt-get that write down how they were called.
 */
async function freshCheckout(t: Scope) {
  const dir = await tempDir(t);
  const bin = join(dir, 'bin');
  for (const folder of ['bin', 'tools', 'web-player', 'shared']) mkdirSync(join(dir, folder));
  cpSync(join(tools, 'setup.mjs'), join(dir, 'tools/setup.mjs'));
  writeFileSync(join(dir, 'package-lock.json'), '{}');
  symlinkSync('/usr/bin/env', join(bin, 'env'));
  const calls = join(dir, 'calls');
  const program = (name: string, script: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >> ${calls}\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  const install = [
    'mkdir -p node_modules/.bin',
    `ln -sf ${process.execPath} node_modules/.bin/node`,
    'touch node_modules/.package-lock.json',
  ];
  program('npm', install.map((line) => `PATH=/usr/bin:/bin ${line}`).join('\n'));
  // Run as root, the script calls apt-get by itself; as another user, through sudo.
  program('sudo', 'case "$2" in true) exit 0;; esac; shift; exec "$@"');
  const aptGet = (script: string) => program('apt-get', `case "$*" in *install*) ${script};; esac`);
  const brings = (...names: string[]) =>
    names.map((name) => `/bin/cp ${join(bin, 'sudo')} ${join(bin, name)}`).join('; ');

  return {
    path: (name: string) => join(dir, name),
    program,
    aptGet,
    brings,
    /** What the programs were called with since the last look. */
    called: () => {
      const text = existsSync(calls) ? readFileSync(calls, 'utf8') : '';
      rmSync(calls, { force: true });
      return text.split('\n').filter((line) => line !== '' && !line.startsWith('sudo'));
    },
    setup: async (purpose: string, env: NodeJS.ProcessEnv = {}) => {
      const child = start(t, process.execPath, [join(dir, 'tools/setup.mjs'), purpose], {
        env: { PATH: bin, ...env },
      });
      const { code } = await child.exit();
      assert.equal(child.stdout(), '', 'standard output belongs to the command that follows');
      return { code, said: child.stderr() };
    },
  };
}

const ci = 'npm ci --include=dev --no-audit --no-fund';

describe('npm packages', () => {
  test('are installed once, and again when the lock has changed', async (t) => {
    const { setup, called, path } = await freshCheckout(t);
    assert.deepEqual(await setup('packages'), { code: 0, said: 'Installing npm packages …\n' });
    assert.deepEqual(called(), [ci]);
    assert.deepEqual(await setup('packages'), { code: 0, said: '' });
    assert.deepEqual(called(), []);

    writeFileSync(path('package-lock.json'), '{ "changed": true }');
    const later = Date.now() / 1000 + 60;
    utimesSync(path('package-lock.json'), later, later);
    assert.equal((await setup('packages')).code, 0);
    assert.deepEqual(called(), [ci]);
  });

  test('installed by hand are left alone', async (t) => {
    const { setup, called, path } = await freshCheckout(t);
    await setup('packages');
    called();
    rmSync(path('node_modules/.ams-setup.json'));
    assert.deepEqual(await setup('packages'), { code: 0, said: '' });
    assert.deepEqual(called(), []);
  });

  test('are in the lock for every platform, as npm ci demands', () => {
    const lock = JSON.parse(readFileSync(join(tools, '../package-lock.json'), 'utf8')) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const locked = new Set(
      Object.keys(lock.packages).map((path) => path.split('node_modules/').at(-1)),
    );
    for (const [path, { optionalDependencies = {} }] of Object.entries(lock.packages)) {
      for (const name of Object.keys(optionalDependencies)) {
        assert.ok(locked.has(name), `${path} may need ${name}, which is not in package-lock.json`);
      }
    }
  });

  test('a failure shows what npm said', async (t) => {
    const { setup, program } = await freshCheckout(t);
    program('npm', 'echo "no network" >&2; exit 1');
    const { code, said } = await setup('packages');
    assert.equal(code, 1);
    assert.match(said, /no network\n\nThe npm packages could not be installed; see above\.\n$/);
  });
});

describe('the player', () => {
  test('is built when it never was, and when a source is newer', async (t) => {
    const { setup, path, aptGet, brings } = await freshCheckout(t);
    aptGet(brings('ffmpeg', 'ffprobe'));
    const build = `require('fs').mkdirSync('web-player/dist', { recursive: true });
      require('fs').writeFileSync('web-player/dist/' + Date.now(), '');`;
    writeFileSync(path('web-player/build.ts'), build);
    assert.match((await setup('run')).said, /Building the player …/);
    assert.equal((await setup('run')).said, '');
    writeFileSync(path('shared/wire.ts'), '');
    const later = Date.now() / 1000 + 60;
    utimesSync(path('shared/wire.ts'), later, later);
    assert.match((await setup('run')).said, /^Building the player …\n$/);
    writeFileSync(path('web-player/build.ts'), 'throw new Error("syntax")');
    const { code, said } = await setup('run');
    assert.equal(code, 1);
    assert.match(said, /Error: syntax[^]*The player could not be built; see above\./);
  });
});

describe('system programs', () => {
  test('missing: it says so, then lists are brought up to date and the package is installed', async (t) => {
    const { setup, called, aptGet, brings } = await freshCheckout(t);
    aptGet(brings('ffmpeg', 'ffprobe'));
    const { code, said } = await setup('run');
    assert.equal(code, 0);
    assert.match(
      said,
      /Installing ffmpeg from this system's packages: apt-get install --no-install-recommends ffmpeg\n$/,
    );
    const [, update, install, ...more] = called();
    assert.match(update ?? '', /^apt-get .*update$/);
    assert.match(install ?? '', /^apt-get .*install -y --no-install-recommends ffmpeg$/);
    assert.deepEqual(more, []);
    assert.equal((await setup('run')).said, '', 'there is nothing left to do');
    assert.deepEqual(called(), []);
  });

  test('AMS_SETUP=no prints the command instead; what needs it cannot go on, a start can', async (t) => {
    const { setup, called, aptGet } = await freshCheckout(t);
    aptGet('true');
    const run = await setup('run', { AMS_SETUP: 'no' });
    assert.equal(run.code, 0);
    assert.match(
      run.said,
      /ffmpeg not found; AMS_SETUP=no forbids installing it\. To install by hand: apt-get install --no-install-recommends ffmpeg\n$/,
    );
    const bench = await setup('bench', { AMS_SETUP: 'no' });
    assert.equal(bench.code, 1);
    assert.match(bench.said, /ffmpeg.* not found; AMS_SETUP=no forbids/);
    assert.deepEqual(called(), [ci]);
  });

  test('a failed installation is tried twice, and not again at each start', async (t) => {
    const { setup, called, aptGet } = await freshCheckout(t);
    aptGet('echo "no such mirror" >&2; exit 100');
    const { code, said } = await setup('run');
    assert.equal(code, 0, 'the server runs without');
    assert.match(
      said,
      /no such mirror[^]*ffmpeg not found; installing it failed\. To install by hand/,
    );
    assert.equal(called().filter((line) => line.includes(' install ')).length, 2);
    assert.match((await setup('run')).said, /^ffmpeg not found; installing it failed earlier/);
    assert.deepEqual(called(), []);
    const test = await setup('test');
    assert.equal(test.code, 1, 'tests need it, so they try');
    assert.equal(called().filter((line) => line.includes(' install ')).length, 2);
  });

  test('without apt-get, and with a wrong purpose, a sentence', async (t) => {
    const { setup } = await freshCheckout(t);
    assert.match(
      (await setup('run')).said,
      /this system has no apt-get: use its own package manager/,
    );
    assert.deepEqual(await setup('dance'), {
      code: 1,
      said: 'usage: setup.mjs run|test|bench|packages\n',
    });
  });
});
