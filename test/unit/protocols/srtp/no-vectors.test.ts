import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** As on kvm64 and qemu64, virtual processors that do not show SSE4.1. Other kinds have vectors anyway. */
const FLAGS = ['--no-enable-sse4-1', '--no-enable-avx'];
const skip = process.arch === 'x64' ? false : 'the flags are for x86';

const run = (file: string): void => {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  const { status, stdout, stderr } = spawnSync(process.execPath, [...FLAGS, path], { env });
  assert.equal(status, 0, `${stdout.toString()}${stderr.toString()}`);
};

// These compare each byte with what node:crypto makes, as they do where there are vectors.
for (const file of ['packet-lanes.test.ts', 'session.test.ts']) {
  test(`without vectors: ${file}`, { skip }, () => run(`./${file}`));
}
