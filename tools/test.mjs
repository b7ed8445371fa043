// Runs the named test suites (folders below test/) with Node's test runner, in order, and fails
// when one fails. `node tools/test.mjs unit fuzz` or `node tools/test.mjs unit -- --test-name-pattern=amf`.
import { spawnSync } from 'node:child_process';
import { readdirSync, existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = join(root, 'node_modules', '.bin', 'node');
const rest = process.argv.slice(2);
const split = rest.indexOf('--');
const suites = split < 0 ? rest : rest.slice(0, split);
const extra = split < 0 ? [] : rest.slice(split + 1);

// Files that run at the same time: those with servers and ffmpeg wait more than they work, a browser
// needs the machine for itself.
const groups = [
  { of: ['unit', 'fuzz'], concurrency: availableParallelism() },
  { of: ['integration', 'interop'], concurrency: Math.min(2, availableParallelism()) },
  { of: ['browser'], concurrency: 1 },
];

const filesOf = (suite) => {
  const dir = join(root, 'test', suite);
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => relative(root, join(dir, name)))
    .sort();
};

const unknown = suites.filter((suite) => !groups.some(({ of }) => of.includes(suite)));
if (unknown.length > 0) {
  console.error(`There is no test suite ${unknown.join(', ')}.`);
  process.exit(2);
}

let failed = false;
for (const { of, concurrency } of groups) {
  const files = suites.filter((suite) => of.includes(suite)).flatMap(filesOf);
  if (files.length === 0) continue;
  const args = ['--test', `--test-concurrency=${concurrency}`, '--test-timeout=120000', ...extra];
  const { status } = spawnSync(node, [...args, ...files], { cwd: root, stdio: 'inherit' });
  failed ||= status !== 0;
}
process.exitCode = failed ? 1 : 0;
