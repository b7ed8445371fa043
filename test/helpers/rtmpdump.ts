import { start, type Child } from './processes.ts';
import type { Scope } from './scope.ts';

/** Plays a live address into an FLV file until the server ends the stream. */
export function rtmpdump(scope: Scope, url: string, file: string): Child {
  return start(scope, 'rtmpdump', ['--live', '--timeout', '10', '-r', url, '-o', file]);
}
