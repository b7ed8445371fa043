import { setTimeout as wait } from 'node:timers/promises';
import { findInstance } from './instance.ts';
import type { InstanceRecord } from './instance.ts';
import { processIdentity } from './process-identity.ts';

/** How often a process is looked at while it is waited for, ms. */
const pollInterval = 25;
/** The gateway ends within 10 s by itself; then it is killed, ms. */
const stopLimit = 12_000;
const killLimit = 3000;
const reloadLimit = 15_000;

/**
 * Ends the process that serves, in order, and waits until it is gone; kills it when it does not
 * end by itself. Resolves with whether it had to be killed.
 */
export async function stopInstance(record: InstanceRecord): Promise<'ended' | 'killed'> {
  signal(record, 'SIGTERM');
  if (await gone(record, stopLimit)) return 'ended';
  signal(record, 'SIGKILL');
  if (await gone(record, killLimit)) return 'killed';
  throw new Error(`The process ${record.pid} does not end.`);
}

/** Has the process that serves on `state` reload; resolves with what it applied. */
export async function reloadInstance(state: string, record: InstanceRecord): Promise<string> {
  if (record.state !== 'running') {
    throw new Error(`The server is ${record.state} at this moment: try again.`);
  }
  signal(record, 'SIGUSR2');
  const deadline = performance.now() + reloadLimit;
  while (performance.now() < deadline) {
    await wait(pollInterval);
    const now = findInstance(state);
    if (now === undefined) throw new Error('The server ended while it reloaded.');
    if (now.reloads === record.reloads || now.lastReload === undefined) continue;
    if (!now.lastReload.ok) throw new Error(now.lastReload.message);
    return now.lastReload.message;
  }
  throw new Error(`The server did not reload within ${reloadLimit / 1000} s.`);
}

function signal({ pid }: InstanceRecord, name: 'SIGTERM' | 'SIGKILL' | 'SIGUSR2'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return;
    const why = code === 'EPERM' ? 'it belongs to another user' : message;
    throw new Error(`The process ${pid} cannot be signalled: ${why}.`, { cause: error });
  }
}

async function gone({ pid, identity }: InstanceRecord, limit: number): Promise<boolean> {
  const deadline = performance.now() + limit;
  while (processIdentity(pid) === identity) {
    if (performance.now() > deadline) return false;
    await wait(pollInterval);
  }
  return true;
}
