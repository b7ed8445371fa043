/**
 * What the `src` attribute names, and at which addresses the gateway serves it.
 *
 * Free of DOM and Node, so that it is tested without a browser.
 */

/** A live stream of the gateway, or a file that is played from its beginning. */
export type Source =
  | {
      readonly kind: 'live';
      readonly name: string;
      /** Origin of the gateway, such as `https://media.example`. */
      readonly origin: string;
      /** The viewer's arguments with their question mark, or empty. */
      readonly query: string;
    }
  | { readonly kind: 'hls'; readonly name: string; readonly url: string }
  | { readonly kind: 'file'; readonly name: string; readonly url: string };

/** Where one live stream can be had. All are absolute. */
export interface LiveAddresses {
  readonly whep: string;
  readonly whip: string;
  readonly webSocketFlv: string;
  readonly httpFlv: string;
  readonly hls: string;
  /** Clock and delay exchange, see docs/decisions/006-measured-delay.md. */
  readonly timing: string;
}

const filePattern = /\.(mp4|m4v|webm|mov|mp3|m4a)$/i;

/** Whether a stream, or a file, can have this name. */
export function isStreamName(name: string): boolean {
  return /^(?!\.)[\p{L}\p{M}\p{N}_.@~-]{1,128}$/u.test(name);
}

/**
 * Reads a `src` value: a stream's name (`lesson`, with arguments `lesson?token=t`), a file's name
 * (`1.mp4`), or an address of either. `server` is the gateway that bare names belong to.
 * Answers `undefined` for what is neither a name nor an address.
 */
export function parseSource(src: string, server: string): Source | undefined {
  const text = src.trim();
  const cut = text.search(/[?#]/);
  const path = cut < 0 ? text : text.slice(0, cut);
  if (isStreamName(path)) {
    const base = new URL(server);
    const query = cut < 0 ? '' : new URL(text.slice(cut), base).search;
    if (filePattern.test(path)) {
      return {
        kind: 'file',
        name: path,
        url: `${base.origin}/${encodeURIComponent(path)}${query}`,
      };
    }
    return { kind: 'live', name: path, origin: base.origin, query };
  }
  return parseAddress(text, server);
}

function parseAddress(text: string, server: string): Source | undefined {
  // Relative to the page's folder is nothing: names are bare, paths begin at the root.
  if (!/^(?:[a-z]+:)?\//i.test(text) || !URL.canParse(text, server)) return undefined;
  const url = new URL(text, server);
  const origin = httpOrigin(url, server);
  if (origin === undefined) return undefined;
  const live = livePath.exec(url.pathname);
  if (live?.[1] !== undefined) {
    const name = decoded(live[1]);
    return name === undefined ? undefined : { kind: 'live', name, origin, query: url.search };
  }
  if (url.protocol === 'rtmp:') return undefined;
  const name = decoded(url.pathname.split('/').at(-1) ?? '') ?? '';
  const address = `${origin}${url.pathname}${url.search}`;
  if (url.pathname.endsWith('.m3u8')) return { kind: 'hls', name, url: address };
  return { kind: 'file', name, url: address };
}

const livePath = /^\/(?:live|player)\/([^/]+?)(?:\.flv|\/whep|\/?)$/;

/** An RTMP address says nothing of the HTTP port, so its stream is asked of the page's gateway. */
function httpOrigin(url: URL, server: string): string | undefined {
  switch (url.protocol) {
    case 'http:':
    case 'https:':
      return url.origin;
    case 'ws:':
      return `http://${url.host}`;
    case 'wss:':
      return `https://${url.host}`;
    case 'rtmp:':
      return new URL(server).origin;
    default:
      return undefined;
  }
}

function decoded(part: string): string | undefined {
  try {
    const name = decodeURIComponent(part);
    return isStreamName(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

/** The addresses of a live stream at its gateway. */
export function liveAddresses(source: Extract<Source, { kind: 'live' }>): LiveAddresses {
  const { origin, query } = source;
  const name = encodeURIComponent(source.name);
  const socketOrigin = origin.replace(/^http/, 'ws');
  return {
    whep: `${origin}/live/${name}/whep${query}`,
    whip: `${origin}/live/${name}/whip${query}`,
    webSocketFlv: `${socketOrigin}/live/${name}.flv${query}`,
    httpFlv: `${origin}/live/${name}.flv${query}`,
    hls: `${origin}/${name}/index.m3u8${query}`,
    timing: `${origin}/live/${name}/timing${query}`,
  };
}
