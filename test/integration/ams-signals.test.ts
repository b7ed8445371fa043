import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'node:test';
import { start } from '../helpers/processes.ts';
import type { Child } from '../helpers/processes.ts';
import type { Scope } from '../helpers/scope.ts';

const signals = pathToFileURL(join(import.meta.dirname, '../../gateway/ops/signals.ts')).href;

/** A process steered by signals, whose end waits for a line on standard input. */
function steered(t: Scope, then = ''): Child {
  const program = `
    import { once } from 'node:events';
    import { steerBySignals } from ${JSON.stringify(signals)};
    const tell = (word) => ({ err }, text) => console.log(word, text, err?.message);
    let ends = 0;
    const serving = {
      log: { error: tell('error'), fatal: tell('fatal') },
      reload: async () => { console.log('reload'); throw new Error('no'); },
      end: async (reason, code) => {
        console.log('end', ++ends, reason);
        await once(process.stdin, 'data');
        return code;
      },
    };
    setInterval(() => {}, 1000);
    const ended = steerBySignals(serving);
    console.log('ready');
    ${then}
    process.exit(await ended);
  `;
  return start(t, process.execPath, ['--input-type=module', '-e', program], { stdin: 'pipe' });
}

test('SIGTERM ends in order with exit code 0; copies of it within a second change nothing', async (t) => {
  const child = steered(t);
  await child.match(/ready/);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) child.process.kill(signal);
  await child.match(/end 1 SIG(TERM|INT) received/);
  child.process.kill('SIGUSR2');
  child.process.stdin?.end('\n');
  assert.deepEqual(await child.exit(), { code: 0, signal: null });
  assert.doesNotMatch(child.stdout(), /end 2|reload/);
});

test('SIGUSR2 and SIGHUP reload; a reload that fails is logged and ends nothing', async (t) => {
  const child = steered(t);
  await child.match(/ready/);
  child.process.kill('SIGUSR2');
  await child.match(/error reload failed no/);
  child.process.kill('SIGHUP');
  await child.match(/reload[^]*reload\nerror reload failed no/);
  child.process.kill('SIGINT');
  child.process.stdin?.end('\n');
  assert.equal((await child.exit()).code, 0);
});

test('what nobody caught ends in order with exit code 1', async (t) => {
  const bugs = [
    ['setImmediate(() => { throw new Error("bug one"); });', /fatal uncaughtException bug one/],
    ['void Promise.reject(new Error("bug two"));', /fatal unhandledRejection bug two/],
  ] as const;
  for (const [bug, line] of bugs) {
    const child = steered(t, bug);
    await child.match(line);
    await child.match(/end 1 bug \(un\w+\)/);
    child.process.stdin?.end('\n');
    assert.equal((await child.exit()).code, 1);
  }
});

test('a bug that comes again and again is logged a few times only', async (t) => {
  const child = steered(t, 'setInterval(() => { throw new Error("again"); }, 1);');
  await child.match(/(fatal[^]*){10}/);
  child.process.stdin?.end('\n');
  assert.equal((await child.exit()).code, 1);
  assert.equal(child.stdout().match(/fatal/g)?.length, 10);
});
