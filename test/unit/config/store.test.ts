import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ConfigError } from '../../../gateway/config/errors.ts';
import type { Folders } from '../../../gateway/config/folders.ts';
import { readInvocation } from '../../../gateway/config/layers.ts';
import { openConfigStore, runningFile, savedFile } from '../../../gateway/config/store.ts';

describe('the two copies of the configuration', () => {
  let folders: Folders;
  const open = (argv: string[] = [], mayBind = true) =>
    openConfigStore(folders, readInvocation(argv, {}).fixed, async () => mayBind);
  const path = (name: string) => join(folders.state, name);
  const content = (name: string) => JSON.parse(readFileSync(path(name), 'utf8')) as unknown;

  beforeEach(() => {
    const state = mkdtempSync(join(tmpdir(), 'ams-store-'));
    folders = { state, media: join(state, 'media') };
  });
  afterEach(() => rmSync(folders.state, { recursive: true }));

  test('nothing saved: defaults, and no file is made', async () => {
    const store = open();
    assert.equal((await store.get()).http_port, 89);
    const { config, notes } = await store.load();
    assert.equal(config.record_path, folders.media);
    assert.deepEqual(notes, []);
    assert.deepEqual(readdirSync(folders.state), []);
  });

  test('set writes saved and running copy; load reads it', async () => {
    const store = open();
    await store.set([['hls_fragment', '5']]);
    await store.set([
      ['http_port', '8080'],
      ['allow_addr', '10.0.0.0/8'],
    ]);
    assert.equal((await store.get()).hls_fragment, 5);
    const { config } = await open().load();
    assert.deepEqual(
      [config.hls_fragment, config.http_port, config.allow_addr],
      [5, 8080, ['10.0.0.0/8']],
    );
    assert.deepEqual(content(runningFile), content(savedFile));
    assert.equal(statSync(path(savedFile)).mode & 0o777, 0o600, 'addresses may hold passwords');
  });

  test('set changes nothing when one key is wrong', async () => {
    const store = open();
    await store.set([['hls_fragment', '5']]);
    await assert.rejects(
      store.set([
        ['hls_fragment', '6'],
        ['http_port', 'x'],
      ]),
      /http_port must be/,
    );
    await assert.rejects(
      store.set([
        ['hls_fragment', '6'],
        ['enable_http_live_s_notify', '1'],
      ]),
      /http_notify is empty/,
    );
    assert.equal((await store.get()).hls_fragment, 5);
    assert.deepEqual(content(runningFile), { hls_fragment: 5 });
  });

  test('concurrent sets do not lose each other', async () => {
    const store = open();
    await Promise.all([
      store.set([['hls_fragment', '5']]),
      store.set([['nonsense', '1']]).catch(() => undefined),
      store.set([['update_interval', '7']]),
    ]);
    assert.deepEqual(content(savedFile), { hls_fragment: 5, update_interval: 7 });
  });

  test('reset: running copy at defaults, get still shows the saved one, the next set brings it back', async () => {
    const store = open();
    await store.set([['hls_fragment', '5']]);
    await store.reset();
    assert.equal((await store.load()).config.hls_fragment, 2);
    assert.equal((await store.get()).hls_fragment, 5);
    await store.set([['update_interval', '7']]);
    assert.equal((await store.load()).config.hls_fragment, 5);
  });

  test('an edit by hand is taken over when it is read', async () => {
    const store = open();
    await store.set([['hls_fragment', '5']]);
    writeFileSync(path(runningFile), '{ "hls_fragment": 9, "update_interval": 8 }');
    assert.equal((await store.get()).hls_fragment, 5);
    assert.equal((await store.load()).config.hls_fragment, 9);
    assert.equal((await store.get()).hls_fragment, 9);
    await store.set([['max_client', '1']]);
    assert.deepEqual(content(runningFile), { hls_fragment: 9, update_interval: 8, max_client: 1 });
  });

  test('a key that a flag fixes cannot be set to another value; get shows the value in force', async () => {
    const store = open(['--http_port=8080']);
    assert.equal((await store.get()).http_port, 8080);
    assert.deepEqual([...store.fixedBy], [['http_port', '--http_port']]);
    await assert.rejects(
      store.set([
        ['hls_fragment', '5'],
        ['http_port', '8081'],
      ]),
      (error: unknown) =>
        error instanceof ConfigError &&
        error.code === 'config_fixed_key' &&
        error.message === 'http_port cannot be set: --http_port fixes it to "8080".',
    );
    await store.set([
      ['hls_fragment', '5'],
      ['http_port', '8080'],
    ]);
    assert.deepEqual(content(savedFile), { hls_fragment: 5 }, 'the fixed key is not saved');
  });

  test('a broken file is an error and is left as it is', async () => {
    for (const name of [runningFile, savedFile]) {
      writeFileSync(path(runningFile), '{"hls_fragment":3}');
      writeFileSync(path(name), '{"hls_fragment":');
      await assert.rejects(open().load(), (error: Error) => error.message.includes(path(name)));
      assert.equal(readFileSync(path(name), 'utf8'), '{"hls_fragment":');
      rmSync(path(name));
    }
    writeFileSync(path(savedFile), 'x');
    await assert.rejects(open().set([['hls_fragment', '5']]), /not valid JSON/);
    assert.equal(readFileSync(path(savedFile), 'utf8'), 'x');
  });

  test('a set that cannot be written leaves the old files whole', async () => {
    const store = open();
    await store.set([['hls_fragment', '5']]);
    mkdirSync(path(`${savedFile}.new`));
    await assert.rejects(store.set([['hls_fragment', '6']]));
    assert.deepEqual(content(runningFile), { hls_fragment: 5 });
    assert.deepEqual(content(savedFile), { hls_fragment: 5 });
    assert.ok(!existsSync(path(`${runningFile}.new`)), 'nothing half-written stays behind');
  });

  test('a crash between the two renames ends in the new configuration', async () => {
    const store = open();
    await store.set([['hls_fragment', '5']]);
    writeFileSync(path(runningFile), '{"hls_fragment":6}');
    await open().load();
    assert.equal((await open().get()).hls_fragment, 6);
  });

  test('a default HTTP port that may not be bound falls back; one that was asked for does not', async () => {
    const { config, notes } = await open([], false).load();
    assert.equal(config.http_port, 8089);
    assert.match(notes[0] ?? '', /may not listen on port 89.*8089/);
    assert.equal((await open([], false).get()).http_port, 89);
    assert.equal((await open(['--http_port=89'], false).load()).config.http_port, 89);
    await open().set([['http_port', '89']]);
    assert.equal((await open([], false).load()).config.http_port, 89);
  });
});
