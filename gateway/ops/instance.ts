import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity } from './process-identity.ts';
import { version } from './version.ts';

/** Holds the PID and nothing else, for scripts. */
const pidFile = 'ams.pid';
/** Holds what the `ams` command wants to know of the running process. */
const recordFile = 'ams.run.json';

/** The process that runs on a state folder. */
export interface InstanceRecord {
  readonly pid: number;
  /** What tells this process from a later one with its PID. */
  readonly identity: string;
  readonly state: 'starting' | 'running' | 'ending';
  readonly version: string;
  /** Wall clock of the start, ms since 1970. */
  readonly since: number;
  /** The flags it was started with. */
  readonly flags: readonly string[];
  readonly ports?: { readonly rtmp: number; readonly http: number };
  /** How often it was asked to reload, and what became of the last time. */
  readonly reloads: number;
  readonly lastReload?: { readonly ok: boolean; readonly message: string };
}

/** The record of the process that is us. */
export interface Instance {
  update(changes: Partial<InstanceRecord>): void;
  /** Removes the files; the next start finds nothing. */
  release(): void;
}

/** Another process runs on this state folder already. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';
  readonly code = 'already_running';
  readonly record: InstanceRecord;

  constructor(record: InstanceRecord, state: string) {
    super(`AMS Gateway runs already on ${state}, PID ${record.pid}.`);
    this.record = record;
  }
}

/** The process that runs on this state folder, or undefined; a stale file counts as none. */
export function findInstance(state: string): InstanceRecord | undefined {
  let record: InstanceRecord | null;
  try {
    record = JSON.parse(readFileSync(join(state, recordFile), 'utf8')) as InstanceRecord | null;
  } catch {
    return undefined;
  }
  if (!record || !Number.isSafeInteger(record.pid) || record.pid <= 0) return undefined;
  // Our own PID in a file that we did not write is an earlier container's.
  if (record.pid === process.pid && record.since !== ownSince) return undefined;
  return processIdentity(record.pid) === record.identity ? record : undefined;
}

let ownSince: number | undefined;

/**
 * Takes the state folder for this process.
 * @throws AlreadyRunningError when another one has it.
 */
export function claimInstance(state: string, flags: readonly string[]): Instance {
  const pidPath = join(state, pidFile);
  const recordPath = join(state, recordFile);
  const other = findInstance(state);
  if (other) throw new AlreadyRunningError(other, state);
  rmSync(pidPath, { force: true });
  // `wx`: of two that start at the same moment, one fails here.
  writeFileSync(pidPath, `${process.pid}\n`, { flag: 'wx' });

  ownSince = Date.now();
  let record: InstanceRecord = {
    pid: process.pid,
    identity: processIdentity(process.pid),
    state: 'starting',
    version,
    since: ownSince,
    flags,
    reloads: 0,
  };
  const write = () => {
    // Renamed into place, so that a reader never sees half of it.
    writeFileSync(`${recordPath}.new`, `${JSON.stringify(record)}\n`, { mode: 0o600 });
    renameSync(`${recordPath}.new`, recordPath);
  };
  write();

  return {
    update(changes) {
      record = { ...record, ...changes };
      try {
        write();
      } catch {
        // The `ams` command will know less; what is served does not depend on it.
      }
    },
    release() {
      // Not those of another process that found ours stale while we were starting.
      if (readPid(pidPath) !== process.pid) return;
      rmSync(recordPath, { force: true });
      rmSync(pidPath, { force: true });
    },
  };
}

function readPid(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
