import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Runner } from '../../../../gateway/library/jobs/runner.ts';

/** Tells its process id and its group, and stays. */
const STAYS = `
  const group = require('fs').readFileSync('/proc/self/stat', 'utf8').split(' ')[4];
  console.log(process.pid + ' ' + group);
  setInterval(() => {}, 1000);
`;

const never = new AbortController().signal;

/** Starts a program that stays; answers its process id and its group. */
function startStaying(runner: Runner, signal = never) {
  let told!: (line: string) => void;
  const line = new Promise<string>((resolve) => (told = resolve));
  const ended = runner.run(process.execPath, ['-e', STAYS], {
    signal,
    onLine: (text) => told(text),
  });
  ended.catch(() => {});
  return { ended, ids: line.then((text) => text.split(' ').map(Number)) };
}

/** Whether it is gone, or a zombie that nobody has waited for yet. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

suite('helper programs', () => {
  test('output, lines, failures', async (t) => {
    const runner = new Runner();
    t.after(() => runner.close());
    const run = (code: string, onLine?: (line: string) => void) =>
      runner.run(process.execPath, ['-e', code], { signal: never, ...(onLine && { onLine }) });
    assert.equal(await run('console.log(1 + 1)'), '2');
    const lines: string[] = [];
    await run('console.log("a\\nb")', (line) => lines.push(line));
    assert.deepEqual(lines, ['a', 'b']);
    await assert.rejects(run('console.error("no room"); process.exit(3)'), /ended with 3: no room/);
    await assert.rejects(runner.run('/nowhere/ffmpeg', [], { signal: never }), /ffmpeg: .*ENOENT/);
  });

  test('what is given up is killed; Ctrl-C does not reach it', async (t) => {
    const runner = new Runner();
    t.after(() => runner.close());
    const over = new AbortController();
    const { ended, ids } = startStaying(runner, over.signal);
    const [pid, group] = await ids;
    assert.equal(group, pid, 'a group of its own');
    over.abort();
    await assert.rejects(ended, { code: 'child_failed' });
    assert.ok(isGone(pid!));
  });

  test('closing ends what runs, and says when it is gone', async () => {
    const runner = new Runner();
    const { ended, ids } = startStaying(runner);
    const [pid] = await ids;
    await runner.close();
    await assert.rejects(ended, /has ended/);
    // Killed by the process that started it, which then left it to init.
    while (!isGone(pid!)) await new Promise((resolve) => setImmediate(resolve));
  });

  test('what is asked for right after closing runs in a process of its own', async (t) => {
    const runner = new Runner();
    t.after(() => runner.close());
    await runner.run(process.execPath, ['-e', ''], { signal: never });
    const closed = runner.close();
    const answer = runner.run(process.execPath, ['-e', 'console.log("still")'], { signal: never });
    await closed;
    assert.equal(await answer, 'still');
  });
});
