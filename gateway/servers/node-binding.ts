/**
 * What Node.js builds its sockets on, for which it has no public way. Undefined where a Node.js does
 * not give it: then sockets are used in the usual way.
 */
export function nodeBinding(name: 'stream_wrap' | 'udp_wrap'): Record<string, unknown> | undefined {
  const node = process as unknown as { binding(name: string): Record<string, unknown> };
  try {
    return node.binding(name);
  } catch {
    return undefined;
  }
}
