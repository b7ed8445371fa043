import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLogging } from '../../../gateway/ops/log.ts';
import { createShutdown } from '../../../gateway/ops/shutdown.ts';

function setUp(limitMs?: number) {
  const lines: string[] = [];
  const { log } = startLogging(
    { write: (text) => void lines.push(text), flush: () => Promise.resolve() },
    { log_level: 'info', log_format: 'text', mask_args: [] },
  );
  return { lines, shutdown: createShutdown(log, limitMs) };
}

test('steps run one after another, the last added first', async () => {
  const { shutdown, lines } = setUp();
  const order: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    shutdown.add(name, async () => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
    });
  }
  assert.equal(shutdown.state, 'running');
  const done = shutdown.run('SIGTERM', 0);
  assert.equal(shutdown.state, 'ending');
  assert.equal(await done, 0);
  assert.equal(shutdown.state, 'ended');
  assert.deepEqual(order, ['c begins', 'c ends', 'b begins', 'b ends', 'a begins', 'a ends']);
  assert.match(lines[0] ?? '', /ending: SIGTERM/);
});

test('a second call joins the first', async () => {
  const { shutdown } = setUp();
  let closed = 0;
  shutdown.add('a', () => void closed++);
  const codes = await Promise.all([shutdown.run('one', 0), shutdown.run('two', 7)]);
  assert.deepEqual(codes, [0, 0]);
  assert.equal(closed, 1);
});

test('a failing step is told and does not stop the next', async () => {
  const { shutdown, lines } = setUp();
  let closed = 0;
  shutdown.add('first', () => void closed++);
  shutdown.add('rejecting', () => Promise.reject(new Error('stuck door')));
  shutdown.add('throwing', () => {
    throw new Error('no door');
  });
  assert.equal(await shutdown.run('x', 0), 1);
  assert.equal(closed, 1);
  assert.match(
    lines.join(''),
    /could not end throwing error="no door"[^]*could not end rejecting error="stuck door"/,
  );
});

test('a hanging step is given up when the time is over', async () => {
  const { shutdown, lines } = setUp(20);
  let closed = 0;
  shutdown.add('first', () => void closed++);
  shutdown.add('hanging', () => new Promise<void>(() => undefined));
  assert.equal(await shutdown.run('x', 3), 3, 'a worse exit code stays');
  assert.equal(closed, 1);
  assert.match(lines.join(''), /could not end hanging error="hanging did not end in \d+ ms"/);
});
