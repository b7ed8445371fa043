import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The fields of /proc/PID/stat after the name, which may contain anything (proc(5)). */
function statFields(pid: number): string[] | undefined {
  const text = readText(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** The process and its living descendants. */
function family(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = Number(statFields(pid)?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

/** CPU seconds (utime + stime + those of ended children) of a process and its children. */
export function cpuSeconds(root: number): number {
  let ticks = 0;
  for (const pid of family(root)) {
    const fields = statFields(pid);
    if (fields === undefined) continue;
    for (const index of [11, 12, 13, 14]) ticks += Number(fields[index]);
  }
  return ticks / TICKS_PER_SECOND;
}

export interface Memory {
  /** Resident and proportional set size, bytes. */
  readonly rss: number;
  readonly pss: number;
}

export function memory(root: number): Memory {
  let rss = 0;
  let pss = 0;
  for (const pid of family(root)) {
    const text = readText(`/proc/${pid}/smaps_rollup`) ?? '';
    rss += Number(/^Rss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
    pss += Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
  }
  return { rss, pss };
}
