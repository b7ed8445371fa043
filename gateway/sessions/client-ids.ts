/**
 * Client ids: integers that stay unique across the workers of a process and the nodes of a cluster.
 *
 *     node (8 bits) | worker (8 bits) | counter (32 bits)
 *
 * 48 bits in all, so that every id is exact in a JavaScript number and in JSON. A single server
 * (node 0, worker 0) counts 1, 2, 3, …, as integrators know it.
 */
export function createClientIds({ node = 0, worker = 0 } = {}): () => number {
  const base = node * 2 ** 40 + worker * 2 ** 32;
  let counter = 0;
  return () => {
    counter = (counter + 1) % 2 ** 32 || 1;
    return base + counter;
  };
}
