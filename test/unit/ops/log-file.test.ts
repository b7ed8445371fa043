import assert from 'node:assert/strict';
import { readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileOutput } from '../../../gateway/ops/log-file.ts';
import { localTime } from '../../../gateway/ops/log-line.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

const day = 86_400_000;
const limits = { maxBytes: 100, keepDays: 3 };
const stamp = (ms: number) => localTime(ms).slice(0, 19).replace(/[-:]/g, '').replace('T', '-');

test('lines are appended to what is there', async (t) => {
  const path = join(await tempDir(t), 'ams.log');
  writeFileSync(path, 'old\n');
  const output = fileOutput(path, () => limits);
  output.write('new\n');
  await output.flush();
  assert.equal(readFileSync(path, 'utf8'), 'old\nnew\n');
});

test('a full file is set aside, no line is lost or split', async (t) => {
  const dir = await tempDir(t);
  const path = join(dir, 'ams.log');
  const now = Date.now();
  const output = fileOutput(
    path,
    () => limits,
    () => now,
  );
  const lines = Array.from({ length: 10 }, (_, index) => `${index} ${'x'.repeat(37)}\n`);
  for (const line of lines) {
    output.write(line);
    await output.flush();
  }
  const names = readdirSync(dir).sort();
  assert.deepEqual(names, [
    `ams-${stamp(now)}-1.log`,
    `ams-${stamp(now)}-2.log`,
    `ams-${stamp(now)}-3.log`,
    `ams-${stamp(now)}.log`,
    'ams.log',
  ]);
  const contents = names.map((name) => readFileSync(join(dir, name), 'utf8'));
  assert.ok(contents.every((content) => content.length <= limits.maxBytes));
  assert.deepEqual(contents.join('').split('\n').sort(), lines.join('').split('\n').sort());
});

test('a new day begins a new file; old files go after their time', async (t) => {
  const dir = await tempDir(t);
  const path = join(dir, 'ams.log');
  let now = Date.now();
  const output = fileOutput(
    path,
    () => limits,
    () => now,
  );
  output.write('first\n');
  await output.flush();
  const [old, other] = [join(dir, 'ams-20200101-000000.log'), join(dir, 'ams-notes.log')];
  for (const file of [old, other]) {
    writeFileSync(file, 'x');
    utimesSync(file, (now - 3 * day) / 1000, (now - 3 * day) / 1000);
  }
  now += day;
  output.write('second\n');
  await output.flush();
  assert.deepEqual(readdirSync(dir).sort(), [`ams-${stamp(now)}.log`, 'ams-notes.log', 'ams.log']);
  assert.equal(readFileSync(path, 'utf8'), 'second\n');
});

test('the file of an earlier day is set aside at the first line of a later start', async (t) => {
  const dir = await tempDir(t);
  const path = join(dir, 'ams.log');
  writeFileSync(path, 'yesterday\n');
  const now = Date.now();
  utimesSync(path, (now - day) / 1000, (now - day) / 1000);
  const output = fileOutput(
    path,
    () => limits,
    () => now,
  );
  output.write('today\n');
  await output.flush();
  assert.equal(readFileSync(path, 'utf8'), 'today\n');
  assert.equal(readFileSync(join(dir, `ams-${stamp(now)}.log`), 'utf8'), 'yesterday\n');
});

test('limits are read at each line', async (t) => {
  const dir = await tempDir(t);
  let maxBytes = 1000;
  const output = fileOutput(join(dir, 'ams.log'), () => ({ maxBytes, keepDays: 1 }));
  output.write('a\n');
  output.write('b\n');
  await output.flush();
  maxBytes = 1;
  output.write('c\n');
  await output.flush();
  assert.equal(readdirSync(dir).length, 2);
});
