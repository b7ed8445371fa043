// How Node.js runs the gateway (docs/decisions/002-gop-cache-pages.md and 010-below-sockets.md have the
// figures).
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

export const nodeFlags = [
  // MB a semi-space: little of what a stream brings outlives its turn, so more is only held, not used.
  '--max-semi-space-size=4',
  // Node.js's own code lies in huge pages, where the system has them; it finds its way there faster.
  '--use-largepages=silent',
];

/**
 * The environment: compiled code is kept, so that a start neither strips types nor compiles again;
 * glibc's threads share two heaps, which holds 10 MB less in a gateway of a thousand streams; and these
 * lie in huge pages, where the system has them (decision 11).
 */
export function nodeEnvironment(environment = process.env) {
  const cache = join(root, 'node_modules', '.cache', 'compiled');
  return {
    NODE_COMPILE_CACHE: cache,
    MALLOC_ARENA_MAX: '2',
    GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
    ...environment,
  };
}
