// Gets a checkout ready: npm packages, the player's build, system programs. `setup.mjs run|test|bench|packages`.
// Runs on any Node.js from 16 on: the packages bring the one that runs everything else. What is there
// already costs a few file look-ups. Everything is said on standard error.
//
// AMS_SETUP=no forbids installing system programs; then the command is printed instead.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stampPath = join(modules, '.ams-setup.json');

/** The Node.js that the packages bring. */
export const node = join(modules, '.bin', 'node');

const say = (text) => process.stderr.write(`${text}\n`);

/** A sentence for people; no stack is shown. */
export class SetupError extends Error {}

// ---- system programs ----

const searchPath = `${process.env.PATH || ''}${delimiter}/usr/sbin${delimiter}/sbin`.split(
  delimiter,
);

const has = (name) =>
  searchPath.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

const rtmpModules = [
  '/usr/lib/nginx/modules/ngx_rtmp_module.so',
  '/usr/lib64/nginx/modules/ngx_rtmp_module.so',
  '/usr/share/nginx/modules/ngx_rtmp_module.so',
];

const gstreamerHas = (...plugins) =>
  ['x86_64', 'aarch64'].some((machine) =>
    plugins.every((plugin) =>
      existsSync(`/usr/lib/${machine}-linux-gnu/gstreamer-1.0/libgst${plugin}.so`),
    ),
  );

/** Programs, how to tell that they are there, and the Debian packages that bring them. */
const programs = {
  ffmpeg: { found: () => has('ffmpeg') && has('ffprobe'), packages: ['ffmpeg'] },
  chromium: {
    found: () => ['chromium', 'chromium-browser', 'google-chrome'].some(has),
    packages: ['chromium'],
  },
  firefox: { found: () => ['firefox-esr', 'firefox'].some(has), packages: ['firefox-esr'] },
  webkitgtk: {
    // Without its recommendations it neither decodes H.264 and AAC nor takes them from pages.
    found: () => has('WebKitWebDriver') && gstreamerHas('libav', 'videoparsersbad'),
    packages: ['webkit2gtk-driver', 'gstreamer1.0-libav', 'gstreamer1.0-plugins-bad'],
  },
  xvfb: { found: () => has('Xvfb'), packages: ['xvfb'] },
  rtmpdump: { found: () => has('rtmpdump'), packages: ['rtmpdump'] },
  vlc: { found: () => has('cvlc'), packages: ['vlc-bin', 'vlc-plugin-base'] },
  'nginx with its RTMP module': {
    found: () => has('nginx') && rtmpModules.some((file) => existsSync(file)),
    packages: ['nginx-light', 'libnginx-mod-rtmp'],
  },
  php: { found: () => has('php'), packages: ['php-cli'] },
  aiortc: {
    found: () => existsSync('/usr/lib/python3/dist-packages/aiortc'),
    packages: ['python3-aiortc'],
  },
};

const needs = {
  run: ['ffmpeg'],
  test: Object.keys(programs),
  bench: ['ffmpeg', 'nginx with its RTMP module'],
};

/** A failed installation is tried again after this long, so that later starts stay quick, ms. */
const retryAfter = 24 * 3600 * 1000;

function installPrograms(purpose) {
  const missing = needs[purpose].filter((name) => !programs[name].found());
  if (missing.length === 0) return;
  const packages = missing.flatMap((name) => programs[name].packages);
  const command = `apt-get install --no-install-recommends ${packages.join(' ')}`;
  const list = missing.join(', ');
  const required = purpose !== 'run';
  const giveUp = (why) => {
    const text = `${list} not found; ${why} To install by hand: ${command}`;
    if (required) throw new SetupError(text);
    say(text);
  };

  if (process.env.AMS_SETUP === 'no') return giveUp('AMS_SETUP=no forbids installing it.');
  if (!has('apt-get')) return giveUp('this system has no apt-get: use its own package manager.');
  const asRoot = rootPrefix();
  if (asRoot === undefined) return giveUp('installing needs root.');
  const failed = readStamp().failed || {};
  const key = packages.join(' ');
  if (!required && Date.now() - (failed[key] || 0) < retryAfter) {
    return giveUp('installing it failed earlier and is tried again a day later.');
  }

  say(`Installing ${list} from this system's packages: ${command}`);
  if (aptInstall(asRoot, packages) && missing.every((name) => programs[name].found())) return;
  writeStamp({ failed: { ...failed, [key]: Date.now() } });
  giveUp('installing it failed.');
}

/** What to put before a command to run it as root; undefined when that needs a password. */
function rootPrefix() {
  if (process.getuid && process.getuid() === 0) return [];
  const free = has('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  return free ? ['sudo', '-n'] : undefined;
}

/** Fresh machines have no package lists, and mirrors have their moments: lists first, then twice. */
function aptInstall(asRoot, packages) {
  const options = [
    ...['-q', '-o', 'Acquire::Retries=2', '-o', 'Acquire::http::Timeout=30'],
    ...['-o', 'DPkg::Lock::Timeout=120'],
  ];
  const install = [...options, 'install', '-y', '--no-install-recommends', ...packages];
  const apt = (args) => {
    // A run level of 1 keeps packages from starting the daemons that they bring.
    const env = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'];
    return succeeds([...asRoot, ...env, 'apt-get', ...args]);
  };
  return withoutDaemons(asRoot, packages, () => {
    for (let round = 0; round < 2; round++) {
      if (apt([...options, 'update']) && apt(install)) return true;
    }
    return false;
  });
}

/** Where systemd runs, it alone decides what starts: nginx is masked until the next boot at most. */
function withoutDaemons(asRoot, packages, action) {
  const mask = packages.includes('nginx-light') && existsSync('/run/systemd/system');
  if (mask) succeeds([...asRoot, 'systemctl', 'mask', '--runtime', 'nginx.service']);
  try {
    return action();
  } finally {
    if (mask) succeeds([...asRoot, 'systemctl', 'unmask', '--runtime', 'nginx.service']);
  }
}

/** Runs a command; its output is shown only when it fails. */
function succeeds([command, ...args]) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status === 0) return true;
  say([stdout, stderr, error].filter(Boolean).join('\n').slice(-4000));
  return false;
}

// ---- npm packages ----

/** Clocks of a file system and of npm's own writes differ a little, ms. */
const clockSlack = 5000;

function installPackages() {
  const lock = join(root, 'package-lock.json');
  const hash = createHash('sha256').update(readFileSync(lock)).digest('hex');
  if (existsSync(node)) {
    if (readStamp().lock === hash) return;
    // Installed by hand (`npm install`): npm notes when.
    const noted = modified(join(modules, '.package-lock.json'));
    if (noted !== undefined && noted + clockSlack >= modified(lock)) {
      writeStamp({ lock: hash });
      return;
    }
  }
  say('Installing npm packages …');
  const npm = process.env.npm_execpath;
  // Under `npm start` the same npm is used; packages need their install scripts and their tools.
  const command =
    npm && /\.[cm]?js$/.test(npm) && existsSync(npm) ? [process.execPath, npm] : ['npm'];
  if (!succeeds([...command, 'ci', '--include=dev', '--no-audit', '--no-fund'])) {
    throw new SetupError('The npm packages could not be installed; see above.');
  }
  if (!existsSync(node)) throw new SetupError(`The npm packages did not bring ${node}.`);
  writeStamp({ lock: hash });
}

// ---- the player ----

function buildPlayer() {
  const script = join(root, 'web-player', 'build.ts');
  if (!existsSync(script)) return;
  const built = modified(join(root, 'web-player', 'dist'));
  const inputs = [join(root, 'web-player'), join(root, 'shared'), join(root, 'package-lock.json')];
  if (built !== undefined && inputs.every((path) => newest(path) <= built)) return;
  say('Building the player …');
  if (!succeeds([node, script])) throw new SetupError('The player could not be built; see above.');
}

/** When a file, or anything in a folder but its `dist/`, was changed last. */
function newest(path) {
  if (!statSync(path).isDirectory()) return modified(path);
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.name !== 'dist' && entry.name !== 'node_modules')
    .map((entry) => newest(join(path, entry.name)))
    .reduce((a, b) => Math.max(a, b), 0);
}

function modified(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && stat.mtimeMs;
}

// ---- what was done before ----

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampPath, 'utf8'));
  } catch {
    return {};
  }
}

function writeStamp(changes) {
  try {
    writeFileSync(stampPath, JSON.stringify({ ...readStamp(), ...changes }));
  } catch {
    // An installation that this user may not write is as good as it is.
  }
}

/**
 * Gets everything ready that `purpose` needs: `run`, `test`, `bench`; `packages` for nothing but
 * the npm packages. Throws a SetupError when it cannot.
 */
export function setup(purpose) {
  if (purpose === 'packages') {
    installPackages();
    return;
  }
  if (!Object.prototype.hasOwnProperty.call(needs, purpose)) {
    throw new SetupError(`usage: setup.mjs ${[...Object.keys(needs), 'packages'].join('|')}`);
  }
  installPackages();
  buildPlayer();
  installPrograms(purpose);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    setup(process.argv[2] || '');
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
