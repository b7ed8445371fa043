// How Node.js runs the gateway (docs/decisions/002-gop-cache-pages.md has the figures).
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** MB a semi-space: little of what a stream brings outlives its turn, so more is only held, not used. */
export const nodeFlags = ['--max-semi-space-size=8'];

/** The environment: compiled code is kept, so that a start neither strips types nor compiles again. */
export function nodeEnvironment(environment = process.env) {
  const cache = join(root, 'node_modules', '.cache', 'compiled');
  return { NODE_COMPILE_CACHE: cache, ...environment };
}
