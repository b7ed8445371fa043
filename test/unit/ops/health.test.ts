import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { test } from 'node:test';
import { startHealthMonitor } from '../../../gateway/ops/health.ts';

test('a blocked event loop and its CPU time are seen', async (t) => {
  const monitor = startHealthMonitor(60_000);
  t.after(() => monitor.close());
  // Two timer turns, so that the histogram has begun before the loop is blocked.
  await wait(450);
  // A turn is due 200 ms later at most, and then late by the rest.
  const end = performance.now() + 550;
  while (performance.now() < end);
  await wait(250);
  const { eventLoopDelay, cpu, memory, uptime } = monitor.read();
  assert.ok(eventLoopDelay.max >= 300, `max ${eventLoopDelay.max}`);
  assert.ok(eventLoopDelay.p50 <= eventLoopDelay.p99 && eventLoopDelay.p99 <= eventLoopDelay.max);
  assert.ok(cpu > 0 && cpu < 1000, `cpu ${cpu}`);
  assert.ok(memory.resident > memory.heapUsed && memory.heapUsed > 1_000_000);
  assert.ok(uptime > 0.2 && uptime < 100);
});

test('reading at once is possible', (t) => {
  const monitor = startHealthMonitor();
  t.after(() => monitor.close());
  const { eventLoopDelay, cpu } = monitor.read();
  assert.deepEqual(eventLoopDelay, { p50: 0, p99: 0, max: 0 });
  assert.ok(Number.isFinite(cpu));
});
