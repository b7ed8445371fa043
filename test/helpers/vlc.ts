import { accessSync, chmodSync, constants } from 'node:fs';
import { start, type Child } from './processes.ts';
import type { Scope } from './scope.ts';

const PROGRAM = '/usr/bin/cvlc';
/** The user "nobody": VLC refuses to run as root. */
const NOBODY = 65_534;

/** Why VLC cannot be used here, as a sentence; undefined when it can. */
export function vlcMissing(): string | undefined {
  try {
    accessSync(PROGRAM, constants.X_OK);
    return undefined;
  } catch {
    return `VLC is not installed (${PROGRAM})`;
  }
}

/** Plays an address and writes what it plays to an MPEG-TS file in `dir`, until the stream ends. */
export function vlcToFile(scope: Scope, url: string, dir: string, file: string): Child {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chmodSync(dir, 0o777);
  const args = ['-I', 'dummy', '--no-media-library', '--no-metadata-network-access'];
  args.push('--sout', `#std{access=file,mux=ts,dst=${file}}`, url, 'vlc://quit');
  return start(scope, PROGRAM, args, {
    ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
    env: { ...process.env, HOME: dir, XDG_RUNTIME_DIR: dir },
  });
}
