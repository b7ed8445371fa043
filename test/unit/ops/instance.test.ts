import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AlreadyRunningError, claimInstance, findInstance } from '../../../gateway/ops/instance.ts';
import { processIdentity } from '../../../gateway/ops/process-identity.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { start } from '../../helpers/processes.ts';

const idle = ['-e', 'setInterval(() => {}, 1000)'];

test('a process has one identity while it lives, and none after', async (t) => {
  const child = start(t, process.execPath, idle);
  const identity = processIdentity(child.pid);
  assert.match(identity, /^\d+$/);
  assert.equal(processIdentity(child.pid), identity);
  assert.notEqual(processIdentity(process.pid), 'gone');
  await child.stop('SIGKILL');
  assert.equal(processIdentity(child.pid), 'gone');
});

test('claimed: PID for scripts, record for the command, both gone after release', async (t) => {
  const dir = await tempDir(t);
  assert.equal(findInstance(dir), undefined);
  const instance = claimInstance(dir, ['--hls_fragment=3']);
  assert.equal(readFileSync(join(dir, 'ams.pid'), 'utf8'), `${process.pid}\n`);
  const { pid, state, flags, reloads } = findInstance(dir) ?? {};
  assert.deepEqual(
    { pid, state, flags, reloads },
    {
      pid: process.pid,
      state: 'starting',
      flags: ['--hls_fragment=3'],
      reloads: 0,
    },
  );
  instance.update({ state: 'running', ports: { rtmp: 1, http: 2 } });
  assert.deepEqual(findInstance(dir)?.ports, { rtmp: 1, http: 2 });
  assert.equal(statSync(join(dir, 'ams.run.json')).mode & 0o777, 0o600, 'flags may hold secrets');
  instance.release();
  assert.ok(!existsSync(join(dir, 'ams.pid')) && !existsSync(join(dir, 'ams.run.json')));
  instance.release();
});

test('a folder that a live process has is refused', async (t) => {
  const dir = await tempDir(t);
  const other = start(t, process.execPath, idle);
  const record = { pid: other.pid, identity: processIdentity(other.pid) };
  writeFileSync(join(dir, 'ams.run.json'), JSON.stringify(record));
  assert.throws(
    () => claimInstance(dir, []),
    (error: unknown) =>
      error instanceof AlreadyRunningError &&
      error.record.pid === other.pid &&
      error.message === `AMS Gateway runs already on ${dir}, PID ${other.pid}.`,
  );
  await other.stop('SIGKILL');
  claimInstance(dir, []).release();
});

test('stale and broken records count as none', async (t) => {
  const dir = await tempDir(t);
  const identity = processIdentity(process.pid);
  const records = [
    '',
    '{',
    'null',
    '{}',
    '{"pid":0,"identity":"1"}',
    '{"pid":-1,"identity":"1"}',
    '{"pid":"1","identity":"1"}',
    JSON.stringify({ pid: process.ppid, identity: 'another' }),
    // As after a restart of a container, where every start has the same PID.
    JSON.stringify({ pid: process.pid, identity, since: 1 }),
  ];
  for (const record of records) {
    writeFileSync(join(dir, 'ams.run.json'), record);
    writeFileSync(join(dir, 'ams.pid'), '1\n');
    assert.equal(findInstance(dir), undefined, record);
    claimInstance(dir, []).release();
  }
});

test('release leaves the files of a process that has taken over', async (t) => {
  const dir = await tempDir(t);
  const instance = claimInstance(dir, []);
  writeFileSync(join(dir, 'ams.pid'), '1\n');
  instance.release();
  assert.ok(existsSync(join(dir, 'ams.run.json')));
});

test('a record that cannot be written does not disturb the server', async (t) => {
  const dir = await tempDir(t);
  const instance = claimInstance(dir, []);
  rmSync(join(dir, 'ams.run.json'));
  mkdirSync(join(dir, 'ams.run.json'));
  instance.update({ state: 'running' });
  assert.equal(findInstance(dir), undefined);
});
