import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a browser says that another site's page makes this request.
 *
 * Browsers send `Sec-Fetch-Site` (Fetch Metadata) to secure addresses and to localhost only. Over
 * plain HTTP to another machine, `Origin` (with POST and with scripts' requests) or `Referer` tell
 * the page; its host must then be the one that the request goes to. Programs send none of these.
 */
export function isCrossSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'cross-site';
  const from = headers.origin ?? headers.referer;
  if (from === undefined || from === '') return false;
  const page = URL.parse(from)?.hostname;
  const here = URL.parse(`http://${headers.host ?? ''}`)?.hostname;
  // `Origin: null` (a sandboxed page, a file) is a page that does not say where it is from.
  return page === undefined || page === '' || page !== here;
}
