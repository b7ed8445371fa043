import type { Config } from '../../config/schema.ts';
import { addressList, type AddressList } from './address-list.ts';
import { callerOf, type RequestOrigin } from './caller.ts';
import { isCrossSite } from './cross-site.ts';

/** Says why a request may not be made, as a sentence; undefined: it may. */
export type Guard = (request: RequestOrigin) => string | undefined;

/** Guards `/cfg`, `/control` and `/upload`: `allow_addr`, `trusted_proxies`, other sites' pages. */
export function createGuard(config: () => Config): Guard {
  const lists = new WeakMap<readonly string[], AddressList>();
  const listOf = (entries: readonly string[]): AddressList => {
    let known = lists.get(entries);
    if (known === undefined) {
      known = addressList(entries);
      lists.set(entries, known);
    }
    return known;
  };

  return (request) => {
    const { allow_addr, trusted_proxies } = config();
    if (isCrossSite(request.headers)) {
      return 'This request comes from a page of another site, so it is refused.';
    }
    if (allow_addr.includes('all')) return undefined;
    const caller = callerOf(request, listOf(trusted_proxies));
    if (caller.loopback) return undefined;
    const allowed = listOf(allow_addr);
    if (caller.addresses.length > 0 && caller.addresses.every((one) => allowed.has(one))) {
      return undefined;
    }
    const who =
      caller.addresses.join(', ') || 'A forwarded request whose sender cannot be believed';
    return `${who} may not call this address: it is not in allow_addr.`;
  };
}

/** A warning for the start when everybody may call the API; undefined when it is closed. */
export function opennessWarning({ allow_addr }: Pick<Config, 'allow_addr'>): string | undefined {
  if (!allow_addr.includes('all')) return undefined;
  return 'Everybody who reaches the HTTP port may change the configuration and drop clients: set allow_addr to the addresses that may call /cfg, /control and /upload (127.0.0.1: this machine only).';
}
