import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'node:test';
import { amsHome } from '../helpers/ams-home.ts';
import { freePort } from '../helpers/free-port.ts';
import { start } from '../helpers/processes.ts';
import type { Child } from '../helpers/processes.ts';
import type { Scope } from '../helpers/scope.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const main = fileURLToPath(new URL('../../gateway/main.ts', import.meta.url));
const wrapper = fileURLToPath(new URL('../../tools/ams.mjs', import.meta.url));

/** Flags that put a server on free ports of loopback. */
const local = [
  ...['--rtmp_port=0', '--http_port=0', '--webrtc_port=0'],
  ...['--rtmp_bind=127.0.0.1', '--http_bind=127.0.0.1', '--webrtc_bind=127.0.0.1'],
];

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The `ams` command on a home of its own; a server it started is ended with the test. */
async function openHome(t: Scope) {
  const home = await amsHome(t);
  const ams = async (command: string, ...flags: string[]): Promise<Outcome> => {
    const child = start(t, process.execPath, [main, command, '--home', home, ...flags]);
    const { code } = await child.exit();
    return { code, stdout: child.stdout(), stderr: child.stderr() };
  };
  const path = (name: string) => join(home, name);
  const ports = () => {
    const record = JSON.parse(readFileSync(path('ams.run.json'), 'utf8')) as {
      ports: { rtmp: number; http: number };
    };
    return record.ports;
  };
  return { home, path, ams, ports, pid: () => Number(readFileSync(path('ams.pid'), 'utf8')) };
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** A port that another program, this test, listens on. */
async function takenPort(t: Scope): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('for people', () => {
  test('--help is answered with the commands, whichever of them it stands behind', async (t) => {
    const { ams } = await openHome(t);
    const { code, stdout } = await ams('start', '--help');
    assert.equal(code, 0);
    assert.match(stdout, /usage: ams COMMAND/);
    assert.equal((await ams('if_status')).stdout, '1\n', 'nothing is started');
  });

  test('start returns once connections are accepted; status and stop say what happened', async (t) => {
    const { home, path, ams, ports, pid } = await openHome(t);
    assert.deepEqual(await ams('status'), {
      code: 3,
      stdout: `AMS Gateway is not running (state folder ${home}).\n`,
      stderr: '',
    });

    const started = await ams('start', ...local);
    assert.equal(started.code, 0, started.stderr);
    const { rtmp, http } = ports();
    assert.ok((await accepts(rtmp)) && (await accepts(http)));
    assert.match(started.stdout, /^AMS Gateway \d+\.\d+\.\d+ is running/);
    assert.match(started.stdout, new RegExp(`state +${home}\n`));
    assert.match(started.stdout, new RegExp(`media +${home}/media\n`));
    assert.match(started.stdout, new RegExp(`publish +rtmp://127\\.0\\.0\\.1:${rtmp}/live/NAME\n`));
    assert.match(started.stdout, new RegExp(`watch +http://127\\.0\\.0\\.1:${http}/,`));
    assert.match(started.stdout, /Warning: .*allow_addr/);

    const status = await ams('status');
    assert.equal(status.code, 0);
    assert.match(
      status.stdout,
      new RegExp(`is running, PID ${pid()}, .*RTMP port ${rtmp}, HTTP port ${http}\\.`),
    );
    const again = await ams('start', ...local);
    assert.deepEqual([again.code, again.stdout], [0, `AMS Gateway runs already, PID ${pid()}.\n`]);
    assert.match(readFileSync(path('ams.log'), 'utf8'), /info {2}AMS Gateway .* is running/);

    const stopped = await ams('stop');
    assert.deepEqual([stopped.code, /has stopped/.test(stopped.stdout)], [0, true]);
    assert.ok(!existsSync(path('ams.pid')) && !existsSync(path('ams.run.json')));
    assert.ok(!(await accepts(rtmp)));
    assert.deepEqual(await ams('stop'), {
      code: 0,
      stdout: 'AMS Gateway is not running.\n',
      stderr: '',
    });
  });

  test('start says exactly why it cannot, and leaves nothing behind', async (t) => {
    const { ams, path } = await openHome(t);
    const port = await takenPort(t);
    for (const key of ['rtmp_port', 'http_port']) {
      const flags = local.filter((flag) => !flag.includes(key));
      const { code, stdout, stderr } = await ams('start', ...flags, `--${key}=${port}`);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(
        stderr,
        new RegExp(`^Port ${port} is in use by another program \\(${key}\\)\\.`),
      );
      assert.ok(!existsSync(path('ams.pid')));
    }
    const { stderr } = await ams('start', ...local, '--http_bind=192.0.2.99');
    assert.match(stderr, /^The address 192\.0\.2\.99 is none of this machine's \(http_bind\)\.\n$/);
    assert.equal((await ams('status')).code, 3);
  });

  test('a broken configuration file is named, with its key, and left alone', async (t) => {
    const { ams, path } = await openHome(t);
    writeFileSync(path('ams.json'), '{ "http_prot": 89 }');
    const { code, stderr } = await ams('start', ...local);
    assert.equal(code, 1);
    assert.match(stderr, /ams\.json is wrong: .*"http_prot"\. Did you mean "http_port"\?/);
    assert.equal(readFileSync(path('ams.json'), 'utf8'), '{ "http_prot": 89 }');
  });

  test('a wrong command line is exit code 2, with the nearest word', async (t) => {
    const { ams } = await openHome(t);
    const cases: [string, string, RegExp][] = [
      ['stop', '--http_prt=1', /no flag "--http_prt"\. Did you mean "--http_port"\?/],
      ['stop', '--http_port=x', /--http_port: http_port must be a whole number/],
      ['stop', 'now', /"now" is no flag/],
      ['stpo', '--http_port=1', /no command "stpo"\. Did you mean "stop"\?/],
    ];
    for (const [command, flag, message] of cases) {
      const { code, stderr } = await ams(command, flag);
      assert.match(stderr, message);
      assert.equal(code, 2, flag);
    }
  });

  test('restart keeps the flags of the server that ran, and takes new ones', async (t) => {
    const { home, ams, pid, path } = await openHome(t);
    await ams('start', ...local, '--log_format=json');
    const before = pid();
    const { code, stdout } = await ams('restart', '--hls_fragment=7');
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`has stopped \\(PID ${before}\\)[^]*is running`));
    assert.notEqual(pid(), before);
    const { flags } = JSON.parse(readFileSync(path('ams.run.json'), 'utf8')) as { flags: string[] };
    const expected = [`--home=${home}`, ...local, '--log_format=json', '--hls_fragment=7'];
    assert.deepEqual(flags.toSorted(), expected.toSorted());
    await ams('stop');
    assert.equal((await ams('restart', ...local)).code, 0, 'one that does not run is started');
  });
});

describe('for scripts', () => {
  test('if_start, if_status and if_stop print one number', async (t) => {
    const { ams, pid } = await openHome(t);
    assert.deepEqual(await ams('if_status'), { code: 1, stdout: '1\n', stderr: '' });
    assert.deepEqual(await ams('if_start', ...local), { code: 0, stdout: '0\n', stderr: '' });
    assert.deepEqual(await ams('if_start', ...local), {
      code: 0,
      stdout: `${pid()}\n`,
      stderr: '',
    });
    assert.deepEqual(await ams('if_status'), { code: 0, stdout: '0\n', stderr: '' });
    assert.deepEqual(await ams('if_stop'), { code: 0, stdout: '0\n', stderr: '' });
    assert.deepEqual(await ams('if_status'), { code: 1, stdout: '1\n', stderr: '' });
  });

  test('if_start prints 1 when it fails, the reason on standard error', async (t) => {
    const { ams } = await openHome(t);
    const port = await takenPort(t);
    const { code, stdout, stderr } = await ams('if_start', ...local, `--http_port=${port}`);
    assert.deepEqual([code, stdout], [1, '1\n']);
    assert.match(stderr, /is in use by another program \(http_port\)/);
  });
});

describe('the PID file', () => {
  test('of a process that was killed is no obstacle', async (t) => {
    const { ams, pid, path } = await openHome(t);
    await ams('start', ...local);
    const killed = pid();
    process.kill(killed, 'SIGKILL');
    // `stop` waits until it is gone, whoever ended it.
    await ams('stop');
    assert.equal((await ams('if_status')).stdout, '1\n');
    assert.ok(existsSync(path('ams.pid')), 'the files are those that the killed one left');
    assert.equal((await ams('if_start', ...local)).stdout, '0\n');
    assert.notEqual(pid(), killed);
  });

  test('whose PID belongs to another program now is not trusted: that program is not ended', async (t) => {
    const { ams, path } = await openHome(t);
    const other = start(t, process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const record = {
      pid: other.pid,
      identity: '12345',
      state: 'running',
      version: '0',
      since: 0,
      flags: [],
      reloads: 0,
    };
    writeFileSync(path('ams.pid'), `${other.pid}\n`);
    writeFileSync(path('ams.run.json'), JSON.stringify(record));
    assert.equal((await ams('if_status')).stdout, '1\n');
    assert.equal((await ams('if_stop')).stdout, '0\n');
    assert.equal(other.process.exitCode, null);
    assert.equal(other.process.signalCode, null);
    assert.equal((await ams('if_start', ...local)).stdout, '0\n');
  });
});

describe('reload and reset', () => {
  test('reload applies what changed in the file and says what', async (t) => {
    const { ams, ports, path } = await openHome(t);
    const [first, second] = [await freePort(), await freePort()];
    writeFileSync(path('ams.json'), JSON.stringify({ rtmp_port: first }));
    const flags = local.filter((flag) => !flag.startsWith('--rtmp_port'));
    assert.equal((await ams('start', ...flags)).code, 0);
    assert.equal(ports().rtmp, first);
    assert.deepEqual((await ams('reload')).stdout, 'Nothing has changed.\n');

    writeFileSync(path('ams.json'), JSON.stringify({ rtmp_port: second, hls_fragment: 3 }));
    assert.deepEqual(await ams('reload'), {
      code: 0,
      stdout: 'Applied: hls_fragment, rtmp_port.\n',
      stderr: '',
    });
    assert.equal(ports().rtmp, second);
    assert.deepEqual([await accepts(first), await accepts(second)], [false, true]);

    const taken = await takenPort(t);
    writeFileSync(path('ams.json'), JSON.stringify({ rtmp_port: taken }));
    const failed = await ams('reload');
    assert.equal(failed.code, 1);
    assert.match(
      failed.stderr,
      new RegExp(`^Port ${taken} is in use by another program \\(rtmp_port\\)`),
    );
    assert.ok(await accepts(second), 'what was served is served on');

    writeFileSync(path('ams.json'), '{');
    assert.match((await ams('reload')).stderr, /ams\.json is not valid JSON/);
    assert.equal((await ams('status')).code, 0);
  });

  test('reload without a server is exit code 3', async (t) => {
    const { ams } = await openHome(t);
    assert.equal((await ams('reload')).code, 3);
  });

  test('reset: the next reload uses defaults, get still shows what was saved', async (t) => {
    const { ams, ports } = await openHome(t);
    await ams('start', ...local);
    const cfg = async (call: string, body = '') => {
      const address = `http://127.0.0.1:${ports().http}/cfg/${call}`;
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return (await fetch(address, { method: 'POST', body, headers })).text();
    };
    assert.match(await cfg('set', 'hls_fragment=9'), /result=OK/);
    assert.match((await ams('reload')).stdout, /Applied: hls_fragment\./);
    assert.equal((await ams('reset')).code, 0);
    assert.match((await ams('reload')).stdout, /Applied: hls_fragment\./);
    assert.match(await cfg('get'), /^hls_fragment=9&/);
    assert.match(await cfg('set', 'hls_playlist_length=30'), /result=OK/);
    assert.match((await ams('reload')).stdout, /Applied: hls_fragment, hls_playlist_length\./);
  });
});

describe('in the foreground', () => {
  const running = (child: Child) => child.match(/AMS Gateway .* is running/);

  test('through the wrapper: SIGTERM ends it in order with exit code 0', async (t) => {
    const { home, path, ams } = await openHome(t);
    const args = [wrapper, 'run', ...local];
    const env = { ...process.env, AMS_SETUP: 'no', AMS_HOME: home };
    const child = start(t, process.execPath, args, { env });
    await running(child);
    assert.equal((await ams('if_status')).stdout, '0\n', 'the command finds it by its home');
    assert.notEqual(Number(readFileSync(path('ams.pid'), 'utf8')), child.pid);
    // As a terminal does: to the wrapper and to the server, so that it comes twice.
    process.kill(Number(readFileSync(path('ams.pid'), 'utf8')), 'SIGINT');
    child.process.kill('SIGINT');
    assert.deepEqual(await child.exit(), { code: 0, signal: null });
    assert.match(child.stdout(), /info {2}ending: SIGINT received/);
    assert.ok(!existsSync(path('ams.pid')));
  });

  test('a second server on the same home is refused', async (t) => {
    const { home, ams, pid } = await openHome(t);
    await ams('start', ...local);
    const child = start(t, process.execPath, [main, 'run', '--home', home, ...local]);
    assert.equal((await child.exit()).code, 1);
    assert.match(child.stderr(), new RegExp(`runs already on ${home}, PID ${pid()}`));
    assert.equal((await ams('if_status')).stdout, '0\n', 'the first goes on');
  });

  test('SIGHUP from a service manager reloads', async (t) => {
    const { home, path } = await openHome(t);
    const child = start(t, process.execPath, [main, 'run', '--home', home, ...local]);
    await running(child);
    writeFileSync(path('ams.json'), '{ "hls_fragment": 4 }');
    child.process.kill('SIGHUP');
    await child.match(/configuration reloaded changed=\["hls_fragment"\]/);
    child.process.kill('SIGTERM');
    assert.equal((await child.exit()).code, 0);
  });

  test('variables fix keys, flags win, and a misspelt variable is told', async (t) => {
    const { home } = await openHome(t);
    const port = await freePort();
    const env = {
      ...process.env,
      AMS_RTMP_PORT: '1',
      AMS_HTTP_PORT: `${port}`,
      AMS_HTTP_PROT: '1',
    };
    const flags = local.filter((flag) => !flag.startsWith('--http_port'));
    const child = start(t, process.execPath, [main, 'run', '--home', home, ...flags], { env });
    await running(child);
    await child.match(/Warning: The variable AMS_HTTP_PROT is no configuration key/);
    const body = `http_port=${await freePort()}`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const address = `http://127.0.0.1:${port}/cfg/set`;
    const answer = await fetch(address, { method: 'POST', body, headers });
    assert.equal(answer.status, 400);
    assert.match(decodeURIComponent(await answer.text()), /FAILED.*http_port.*AMS_HTTP_PORT/);
  });

  const privileged =
    Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) > 89;
  const skip =
    process.getuid?.() === 0 && privileged ? false : 'needs root and a privileged port 89';
  test('a user who may not bind port 89 is served on 8089 and told so', { skip }, async (t) => {
    const home = await tempDir(t);
    await chmod(home, 0o777);
    // An address of loopback that nobody else uses, so that port 8089 is free there.
    const flags = [...local.filter((flag) => !flag.includes('http')), '--http_bind=127.89.0.1'];
    const nobody = { uid: 65534, gid: 65534 };
    const child = start(t, process.execPath, [main, 'run', '--home', home, ...flags], nobody);
    await running(child);
    await child.match(/may not listen on port 89, so HTTP is served on port 8089/);
    assert.match(child.stdout(), /watch +http:\/\/127\.89\.0\.1:8089\//);
    assert.ok((await fetch('http://127.89.0.1:8089/')).status > 0);

    const other = await tempDir(t);
    await chmod(other, 0o777);
    const asked = ['--home', other, ...flags, '--http_port=89'];
    const refused = start(t, process.execPath, [main, 'run', ...asked], nobody);
    assert.equal((await refused.exit()).code, 1);
    assert.match(refused.stderr(), /^This user may not listen on port 89 \(http_port\)\./m);
    assert.deepEqual(
      readdirSync(other).filter((name) => name.includes('pid')),
      [],
    );
  });
});
