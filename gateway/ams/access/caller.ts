import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback, plainAddress, type AddressList } from './address-list.ts';

/** A request as far as it tells where it comes from. */
export interface RequestOrigin {
  /** The TCP peer's address. */
  readonly peer: string;
  readonly headers: IncomingHttpHeaders;
}

/** Where a request comes from, as far as that can be believed. */
export interface Caller {
  /**
   * The addresses that it must be allowed by, all of them: one, unless a proxy's headers
   * contradict each other; none when they cannot be read.
   */
  readonly addresses: readonly string[];
  /** It comes from this machine itself. */
  readonly loopback: boolean;
}

/** Headers by which a proxy says that it speaks for somebody else. */
const forwardingHeaders = [
  'forwarded',
  'via',
  'x-forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-server',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-original-forwarded-for',
  'x-cluster-client-ip',
  'x-client-ip',
  'x-real-ip',
  'client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
];

/**
 * Who calls. Forwarding headers count only from peers in `proxies`; from any other peer they are
 * not believed, but they say that the request is somebody else's: it is not loopback then.
 */
export function callerOf({ peer, headers }: RequestOrigin, proxies: AddressList): Caller {
  const address = plainAddress(peer);
  if (address === undefined) return { addresses: [], loopback: false };
  if (!forwardingHeaders.some((name) => headers[name] !== undefined)) {
    return { addresses: [address], loopback: isLoopback(address) };
  }
  if (!proxies.has(address)) {
    return { addresses: isLoopback(address) ? [] : [address], loopback: false };
  }
  const said = [
    furthest(list(headers['x-forwarded-for']), proxies),
    furthest(forwardedFor(headers.forwarded), proxies),
    furthest(list(headers['x-real-ip']), proxies),
  ].filter((result) => result !== undefined);
  const addresses = said.filter((result) => result !== null);
  if (addresses.length < said.length || addresses.length === 0) {
    return { addresses: [], loopback: false };
  }
  // Loopback of another machine is not this one's.
  return { addresses, loopback: isLoopback(address) && addresses.every(isLoopback) };
}

/** The last address of a chain that is no trusted proxy, the first one when all are; null: unreadable. */
function furthest(chain: readonly string[], proxies: AddressList): string | null | undefined {
  let found: string | undefined;
  for (const entry of chain.toReversed()) {
    found = plainAddress(withoutPort(entry));
    if (found === undefined) return null;
    if (!proxies.has(found)) return found;
  }
  return found;
}

function list(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  return [header]
    .flat()
    .join(',')
    .split(',')
    .map((entry) => entry.trim());
}

/** RFC 7239, 4: `for=192.0.2.60;proto=http, for="[2001:db8::1]:4711"`. */
function forwardedFor(header: string | undefined): string[] {
  return list(header).map((element) => {
    const value = /(?:^|;)\s*for=(?:"([^"]*)"|([^;]*))/i.exec(element);
    return (value?.[1] ?? value?.[2] ?? '').trim();
  });
}

function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(text);
  if (bracketed) return bracketed[1] ?? '';
  return /^[\d.]+:\d+$/.test(text) ? text.slice(0, text.indexOf(':')) : text;
}
