/**
 * A program of its own that starts the library's helper programs for the gateway.
 *
 * To start a program, a process is copied, which holds up everything in it: 10 to 30 ms for one that
 * is as large as a busy gateway, time in which no frame is passed on. This process is small, is
 * started once for many jobs, and stands back behind live traffic (nice); what it starts does too.
 * It ends with the gateway, however that ends.
 */
import { setPriority } from 'node:os';
import { runChild } from './child.ts';
import type { RunnerAnswer, RunnerRequest } from './runner.ts';

/** How far the helpers stand back (nice value). */
const NICENESS = 10;

const running = new Map<number, AbortController>();

function send(answer: RunnerAnswer): void {
  if (process.connected) process.send?.(answer);
}

async function run({ id, program, args }: Extract<RunnerRequest, { program: string }>) {
  const over = new AbortController();
  running.set(id, over);
  try {
    const onLine = (line: string): void => send({ id, line });
    send({ id, output: await runChild(program, args, { signal: over.signal, onLine }) });
  } catch (error) {
    send({ id, error: error instanceof Error ? error.message : String(error) });
  } finally {
    running.delete(id);
  }
}

setPriority(NICENESS);
process.on('message', (request: RunnerRequest) => {
  if ('program' in request) void run(request);
  else running.get(request.id)?.abort();
});
process.once('disconnect', () => {
  for (const over of running.values()) over.abort();
  process.exit();
});
// Ctrl-C goes to every process of the terminal; the gateway says when it is time.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
