import type { IncomingMessage } from 'node:http';
import type { Argument } from '../../sessions/session.ts';

/** The query of a request's URL as arguments, in their order; a broken percent code stands as it is. */
export function queryArguments(url: string): Argument[] {
  const start = url.indexOf('?');
  if (start < 0) return [];
  return [...new URLSearchParams(url.slice(start + 1))];
}

/** A request's path without its query, still percent-encoded. */
export function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

/** An IPv4-mapped IPv6 address as the IPv4 address that it is. */
export function plainAddress(address: string | undefined): string {
  return address?.replace(/^::ffff:(?=\d+\.)/i, '') ?? '';
}

/**
 * The client's address: the peer's, or, behind proxies that are trusted, the one that they forward
 * (the last address in `X-Forwarded-For` that no trusted proxy stands behind).
 */
export function clientAddress(
  request: IncomingMessage,
  trustsProxy: (address: string) => boolean,
): string {
  let address = plainAddress(request.socket.remoteAddress);
  const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',');
  while (trustsProxy(address) && forwarded.length > 0) {
    const next = plainAddress(forwarded.pop()!.trim());
    if (next === '') break;
    address = next;
  }
  return address;
}
