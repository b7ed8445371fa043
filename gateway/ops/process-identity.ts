import { readFileSync } from 'node:fs';

/**
 * What tells a process from a later one that got the same PID: its start time in clock ticks since
 * boot (proc(5), /proc/PID/stat field 22). `gone` when there is no such process (a zombie counts
 * as gone); `unknown` where the system does not tell.
 */
export function processIdentity(pid: number): string {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'gone';
  }
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return 'unknown';
  }
  // The second field is the program's name in parentheses and may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  return state === 'Z' || state === 'X' ? 'gone' : (fields[19] ?? 'unknown');
}
