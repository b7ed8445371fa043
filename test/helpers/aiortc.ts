import { existsSync } from 'node:fs';
import { startPython, type PythonClient } from './python-client.ts';
import type { Scope } from './scope.ts';

/** Why tests with aiortc cannot run; false where they can. */
export const aiortcMissing = (): string | false =>
  existsSync('/usr/lib/python3/dist-packages/aiortc')
    ? false
    : 'aiortc is not installed (Debian package python3-aiortc)';

/** Starts the independent client on a WHEP or WHIP address. */
export const startAiortc = (scope: Scope, kind: 'whep' | 'whip', url: string): PythonClient =>
  startPython(scope, 'aiortc_client.py', [kind, url]);
