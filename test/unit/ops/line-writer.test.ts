import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { lineWriter } from '../../../gateway/ops/line-writer.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

test('lines arrive whole and in order, whatever is written in between', async (t) => {
  const path = join(await tempDir(t), 'log');
  const writer = lineWriter(openSync(path, 'a'));
  const lines = Array.from({ length: 5000 }, (_, index) => `${index} 课\n`);
  for (const [index, line] of lines.entries()) {
    writer.write(line);
    if (index % 1000 === 0) await writer.flush();
  }
  await writer.flush();
  assert.equal(readFileSync(path, 'utf8'), lines.join(''));
  await writer.flush();
});

test('close comes after what was written', async (t) => {
  const path = join(await tempDir(t), 'log');
  const fd = openSync(path, 'a');
  const writer = lineWriter(fd);
  writer.write('first\n');
  writer.write('last\n');
  writer.close();
  await writer.flush();
  assert.equal(readFileSync(path, 'utf8'), 'first\nlast\n');
});

test('a descriptor that cannot be written loses lines and nothing else', async (t) => {
  const path = join(await tempDir(t), 'log');
  const fd = openSync(path, 'w');
  const readOnly = openSync(path, 'r');
  t.after(() => {
    closeSync(fd);
    closeSync(readOnly);
  });
  const writer = lineWriter(readOnly);
  writer.write('lost\n');
  await writer.flush();
  assert.equal(fstatSync(fd).size, 0);
});

test('a reader that stalls costs bounded memory, and is told what it missed', async (t) => {
  const path = join(await tempDir(t), 'pipe');
  execFileSync('mkfifo', [path]);
  // One descriptor for both ends, so that this test decides when somebody reads.
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  t.after(() => closeSync(pipe));
  const writer = lineWriter(pipe);
  const line = `${'x'.repeat(9999)}\n`;
  for (let index = 0; index < 1000; index++) writer.write(line);

  let flushed = false;
  const flush = writer.flush().then(() => {
    flushed = true;
  });
  let received = '';
  while (!flushed) {
    received += readSome(pipe);
    await setImmediate();
  }
  await flush;
  writer.write('after\n');
  await writer.flush();
  received += readSome(pipe);

  const kept = received.match(/x{9999}\n/g)?.length ?? 0;
  assert.ok(kept > 300 && kept < 600, `${kept} lines`);
  const told = /(\d+) log lines were dropped/.exec(received);
  assert.equal(kept + Number(told?.[1]), 1000);
  assert.ok(received.endsWith('after\n'));
});

/** What is in the pipe now. */
function readSome(pipe: number): string {
  const bytes = Buffer.alloc(65_536);
  try {
    return bytes.toString('utf8', 0, readSync(pipe, bytes));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
    return '';
  }
}
