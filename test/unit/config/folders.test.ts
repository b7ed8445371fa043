import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { ConfigError } from '../../../gateway/config/errors.ts';
import { chooseFolders, createFolders } from '../../../gateway/config/folders.ts';

const dir = mkdtempSync(join(tmpdir(), 'ams-folders-'));
after(() => rmSync(dir, { recursive: true }));

test('with a home, state is in it and media below it', () => {
  assert.deepEqual(chooseFolders('/srv/ams'), { state: '/srv/ams', media: '/srv/ams/media' });
  assert.equal(chooseFolders('here').state, resolve('here'));
});

test('without a home, the system folders when both can be made or written', () => {
  const system = { state: join(dir, 'lib/ams'), media: join(dir, 'var/ams') };
  assert.deepEqual(chooseFolders(undefined, system), system);
  assert.throws(() => statSync(system.state), 'choosing creates nothing');
  createFolders(system);
  assert.ok(statSync(system.media).isDirectory());
  assert.deepEqual(chooseFolders(undefined, system), system);
});

test('without a home, ./ams-data when a system folder cannot be written', () => {
  // A file in the way refuses even root, whom permissions do not stop.
  const file = join(dir, 'file');
  writeFileSync(file, '');
  const system = { state: join(dir, 'state'), media: join(file, 'media') };
  assert.deepEqual(chooseFolders(undefined, system), {
    state: resolve('ams-data'),
    media: resolve('ams-data/media'),
  });
});

test('a folder that cannot be made is named, with the way out', () => {
  const file = join(dir, 'file2');
  writeFileSync(file, '');
  assert.throws(
    () => createFolders({ state: join(file, 'state'), media: dir }),
    (error: unknown) =>
      error instanceof ConfigError &&
      error.code === 'config_bad_folder' &&
      error.message.includes(join(file, 'state')) &&
      error.message.includes('--home'),
  );
});
